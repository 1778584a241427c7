//! Parses the text of one setting, or returns what was expected instead.

use std::{net::SocketAddr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use url::Url;
use zeroize::Zeroizing;

use super::{SealingKey, source::separated};
use crate::outbound::is_protected;

/// The parameters of a sign-in request that the program sets.
const OUR_PARAMETERS: [&str; 15] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "max_age",
    "acr_values",
    "request",
    "request_uri",
    "registration",
];

/// The standard claims about a person, many of which people can set themselves.
const SELF_ASSERTED: [&str; 22] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "upn",
    "unique_name",
];

/// What was expected, as in "expected a number".
type Expected = &'static str;

pub(super) fn text(text: &str) -> Result<String, Expected> {
    if text.is_empty() || text != text.trim() {
        return Err("expected text without spaces around it");
    }
    Ok(text.to_owned())
}

pub(super) fn secret(secret: &str) -> Result<SecretString, Expected> {
    text(secret).map(SecretString::from)
}

/// Several, of which each will do, so that one can take another's place without a gap.
pub(super) fn secrets(list: &str) -> Result<Vec<SecretString>, Expected> {
    let secrets: Vec<_> = separated(list).map(SecretString::from).collect();
    if secrets.is_empty() || text(list).is_err() {
        return Err("expected text without spaces around it, or several separated by commas");
    }
    Ok(secrets)
}

pub(super) fn sealing_keys(keys: &str) -> Result<Vec<SealingKey>, Expected> {
    let keys: Option<Vec<_>> = separated(keys).map(sealing_key).collect();
    keys.filter(|keys| !keys.is_empty())
        .ok_or("expected keys of 32 bytes in base64, separated by commas, from `openssl rand -base64 32`")
}

fn sealing_key(key: &str) -> Option<SealingKey> {
    let bytes = Zeroizing::new(STANDARD.decode(key).ok()?);
    bytes.as_slice().try_into().ok().map(SealingKey::new)
}

/// `KeyId` in <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>.
pub(super) fn kms_key_id(id: &str) -> Result<String, Expected> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b":/_-".contains(&b);
    let is_valid = (1..=2_048).contains(&id.len()) && id.bytes().all(fits);
    checked(id, is_valid, "expected the id, ARN or alias of a KMS key, such as alias/elevate")
}

pub(super) fn socket_address(address: &str) -> Result<SocketAddr, Expected> {
    address.parse().map_err(|_| "expected an address and port such as 127.0.0.1:8080")
}

/// A time such as `10s`, at most an hour.
pub(super) fn duration(text: &str) -> Result<Duration, Expected> {
    let time = humantime::parse_duration(text).ok().filter(|time| *time <= Duration::from_secs(3_600));
    time.ok_or("expected a time such as 10s, at most 1h")
}

/// A number of bytes such as `16MiB`, at least 1 KiB and at most 4,095 MiB.
pub(super) fn bytes(text: &str) -> Result<usize, Expected> {
    let units = [("KiB", 1_usize << 10), ("MiB", 1 << 20)];
    let (number, unit) = units
        .into_iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .unwrap_or_default();
    let number = number.parse().ok().filter(|number| (1..=4_095).contains(number));
    number
        .map(|number: usize| number * unit)
        .ok_or("expected a size such as 16MiB or 512KiB, up to 4095 of a unit")
}

pub(super) fn origin(url: &str) -> Result<Url, Expected> {
    endpoint(url)
        .ok()
        .filter(|url| url.path() == "/")
        .ok_or("expected an origin such as https://elevate.example.com (http only on loopback)")
}

pub(super) fn endpoint(url: &str) -> Result<Url, Expected> {
    let expected = "expected an https URL without a query (http only on loopback)";
    let url: Url = url.parse().map_err(|_| expected)?;
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if !is_protected(&url) || has_credentials || url.query().is_some() || url.fragment().is_some() {
        return Err(expected);
    }
    Ok(url)
}

/// Kept as it is written: two issuers that differ in a slash differ
/// (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation>).
pub(super) fn issuer(issuer: &str) -> Result<String, Expected> {
    endpoint(issuer).map(|_| issuer.to_owned())
}

/// The name of a parameter of the sign-in request that the operator may set: the others belong to the protocol, or have
/// a setting of their own.
pub(super) fn authorization_parameter(name: &str) -> Result<String, Expected> {
    let is_ours = OUR_PARAMETERS.contains(&name);
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let is_valid = !name.is_empty() && name.bytes().all(fits);
    checked(
        name,
        !is_ours && is_valid,
        "expected a parameter that the protocol does not own, such as access_type",
    )
}

/// A claim that holds groups: not one that people write themselves, nor a part of one.
pub(super) fn groups_claim(claim: &str) -> Result<String, Expected> {
    checked(
        claim,
        is_administrators(claim),
        "expected a claim that only the provider's administrators control, such as groups",
    )
}

/// A claim that names the human behind an identity: not one that people write themselves, nor a part of one.
pub(super) fn person_claim(claim: &str) -> Result<String, Expected> {
    checked(
        claim,
        is_administrators(claim),
        "expected a claim that only the provider's administrators control, such as employee_id",
    )
}

/// Returns whether a claim, or the one that a path begins with, is none of those that people may set themselves
/// (<https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims>).
fn is_administrators(claim: &str) -> bool {
    let first = claim.split('.').next().unwrap_or(claim);
    text(claim).is_ok() && !SELF_ASSERTED.contains(&claim) && !SELF_ASSERTED.contains(&first)
}

/// A scope token, RFC 6749, section 3.3.
pub(super) fn scope(scope: &str) -> Result<String, Expected> {
    let fits = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    checked(scope, !scope.is_empty() && scope.bytes().all(fits), "expected a scope without spaces")
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
pub(super) fn table(name: &str) -> Result<String, Expected> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let is_valid = (3..=255).contains(&name.len()) && name.bytes().all(fits);
    checked(name, is_valid, "expected 3 to 255 of A-Z a-z 0-9 _ . -")
}

/// `Path` in <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>.
pub(super) fn role_path(path: &str) -> Result<String, Expected> {
    let is_enclosed = path.starts_with('/') && path.ends_with('/');
    let is_valid = is_enclosed && path.len() <= 512 && path.bytes().all(|b| b.is_ascii_graphic());
    checked(path, is_valid, "expected a path that begins and ends with /")
}

/// `ExternalId` in <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>; empty is none.
pub(super) fn external_id(id: &str) -> Result<Option<String>, Expected> {
    if id.is_empty() {
        return Ok(None);
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
    let is_valid = (2..=1_224).contains(&id.len()) && id.bytes().all(fits);
    checked(id, is_valid, "expected 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -").map(Some)
}

/// The prefix ends where the first `#` of a group's name begins the role, so it does not end with one itself.
pub(super) fn group_prefix(prefix: &str) -> Result<String, Expected> {
    let is_valid = text(prefix).is_ok() && !prefix.ends_with('#');
    checked(prefix, is_valid, "expected text that does not end with #")
}

fn checked(text: &str, is_valid: bool, expected: Expected) -> Result<String, Expected> {
    if is_valid { Ok(text.to_owned()) } else { Err(expected) }
}
