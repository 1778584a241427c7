use super::*;
use crate::config::Partition;

const USER: &str = "User: arn:aws:sts::999988887777:assumed-role/elevate-broker/i-0abc";
const TARGET: &str = "on resource: arn:aws:iam::111122223333:role/elevate/S3Admin";

fn settings() -> Aws {
    Aws {
        partition: Partition::Aws,
        signin_url: "https://signin.aws.amazon.com/federation".parse().unwrap(),
        console_url: "https://console.aws.amazon.com/".parse().unwrap(),
        role_path: "/elevate/".into(),
        external_id: None,
        source_identity: true,
        session_tags: true,
        allow_own_account: false,
    }
}

fn without_settings() -> Aws {
    Aws { source_identity: false, session_tags: false, ..settings() }
}

fn denied(reason: &str) -> CloudCause {
    let message = format!("{USER} is not authorized to perform: sts:AssumeRole {TARGET} {reason}");
    refusal("AccessDenied", message.trim_end(), &settings()).cause
}

#[test]
fn the_policy_that_denies_is_the_one_that_aws_names() {
    use PolicyKind::{
        Identity, PermissionsBoundary, ResourceControl, ServiceControl, Session, Trust, Unnamed, VpcEndpoint,
    };
    for (named, by) in [
        ("service control policy", ServiceControl),
        ("resource control policy", ResourceControl),
        ("permissions boundary", PermissionsBoundary),
        ("VPC endpoint policy", VpcEndpoint),
        ("session policy", Session),
        ("identity-based policy", Identity),
        ("role trust policy", Trust),
        ("resource-based policy", Trust),
        ("policy of a kind to come", Unnamed),
    ] {
        for reason in [
            format!("with an explicit deny in a {named}"),
            format!("with an explicit deny in the {named}: arn:aws:organizations::1:policy/o-1/x/p-1"),
            format!("because no {named} allows the sts:AssumeRole action"),
        ] {
            let action = "sts:AssumeRole".to_owned();
            assert_eq!(denied(&reason), CloudCause::Denied { action, by, without: None }, "{reason}");
        }
    }
    let action = "sts:AssumeRole".to_owned();
    assert_eq!(denied(""), CloudCause::Denied { action, by: Unnamed, without: None });
}

#[test]
fn what_is_named_before_the_reason_is_no_policy() {
    let message = "User: arn:aws:iam::1:user/session policy is not authorized to perform: sts:AssumeRole";
    let CloudCause::Denied { by, .. } = refusal("AccessDenied", message, &settings()).cause else { panic!() };
    assert_eq!(by, PolicyKind::Unnamed);
}

#[test]
fn a_setting_that_is_off_already_is_not_part_of_the_cause() {
    for (action, setting) in
        [("sts:TagSession", AwsSetting::SessionTags), ("sts:SetSourceIdentity", AwsSetting::SourceIdentity)]
    {
        let message = format!("{USER} is not authorized to perform: {action} {TARGET}");
        for (settings, without) in [(settings(), Some(setting)), (without_settings(), None)] {
            let CloudRefusal { cause, .. } = refusal("AccessDenied", &message, &settings);
            let by = PolicyKind::Unnamed;
            assert_eq!(cause, CloudCause::Denied { action: action.to_owned(), by, without });
        }
    }
    let message = "Packed size of session tags consumes 112% of allotted space.";
    for (settings, without) in [(settings(), Some(AwsSetting::SessionTags)), (without_settings(), None)] {
        let CloudRefusal { cause, .. } = refusal("PackedPolicyTooLarge", message, &settings);
        assert_eq!(cause, CloudCause::TooLarge { without });
    }
}

#[test]
fn a_code_tells_what_is_wrong_with_the_app_itself() {
    for (code, message, cause) in [
        ("ExpiredToken", "The security token included in the request is expired", CloudCause::Credentials),
        ("ExpiredTokenException", "The security token is expired", CloudCause::Credentials),
        ("InvalidClientTokenId", "The security token included is invalid.", CloudCause::Credentials),
        ("UnrecognizedClientException", "The security token is invalid.", CloudCause::Credentials),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match",
            CloudCause::Credentials,
        ),
        (
            "SignatureDoesNotMatch",
            "Signature expired: 20261129T140000Z is now earlier than …",
            CloudCause::Clock,
        ),
        ("InvalidSignatureException", "Signature not yet current: 20261129T150000Z", CloudCause::Clock),
        ("RequestTimeTooSkewed", "The difference is too large.", CloudCause::Clock),
        ("RequestExpired", "Request has expired.", CloudCause::Clock),
        ("RegionDisabledException", "STS is not activated in this region", CloudCause::Region),
        (
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration",
            CloudCause::Other,
        ),
        ("MalformedPolicyDocument", "Syntax errors in policy.", CloudCause::Other),
        ("AccessDenied", "Roles may not be assumed by root accounts.", CloudCause::Other),
        ("AccessDenied", "not authorized to perform: <b>x</b>", CloudCause::Other),
    ] {
        assert_eq!(refusal(code, message, &settings()).cause, cause, "{code}: {message}");
    }
}

#[test]
fn the_words_are_awss_own_of_one_line_and_visible() {
    let said = |message: &str| refusal("AccessDenied", message, &settings()).words;
    assert_eq!(said("no way"), "AccessDenied: no way");
    assert_eq!(said("no\u{202e}way\u{7}"), "AccessDenied: no⟨U+202E⟩way⟨U+0007⟩");
    assert_eq!(said(&"x".repeat(1_000)).chars().count(), LONGEST);
    let message = "The request signature we calculated does not match.\n\nThe Canonical String for this request \
                   should have been\n'POST\nx-amz-security-token:FwoGZXIvYXdzEHUSH'";
    let words = refusal("SignatureDoesNotMatch", message, &settings()).words;
    assert_eq!(words, "SignatureDoesNotMatch: The request signature we calculated does not match.");
}

#[test]
fn what_the_sign_in_endpoint_says_is_quoted_unless_it_could_hold_a_credential() {
    let words = |page: &str| of_console(StatusCode::BAD_REQUEST, page.as_bytes()).words;
    assert_eq!(words("<html><b>Invalid</b>\n credentials</html>"), "status 400: Invalid credentials");
    assert_eq!(words("plain words"), "status 400: plain words");
    assert_eq!(words("a > b"), "status 400: a > b");
    for silent in ["", "<html></html>", "Session ASIAIOSFODNN7EXAMPLE is bad", "<p>FwoGZXIvYXdzEHUaDJ</p>"] {
        assert_eq!(words(silent), "status 400", "{silent}");
    }
    assert_eq!(of_console(StatusCode::URI_TOO_LONG, b"").cause, CloudCause::Console { status: 414 });
}
