//! Is a secret in a text, in whatever form somebody may have written it there?

use std::collections::HashMap;

use base64::{Engine, prelude::*};
use url::form_urlencoded;

/// A secret is searched for in pieces of so many bytes: whoever logs twice as much of it, and less one, logs one whole.
const PIECE: usize = 16;
/// How many bytes of a form are looked up first. Every form of a piece has more.
const KEY: usize = 8;

/// Where base64 takes up: how many bytes may come before a piece in a group of three.
const ALIGNMENTS: [usize; 3] = [0, 1, 2];

/// The lines of `text` that have one of these secrets in them, or a piece of one, in any form.
pub(crate) fn lines_with<'t>(text: &'t str, secrets: &[String]) -> Vec<&'t str> {
    let forms = Forms::of(secrets);
    text.lines().filter(|line| forms.are_in(line.as_bytes())).collect()
}

/// What is searched for, by its first bytes.
struct Forms(HashMap<[u8; KEY], Vec<Vec<u8>>>);

impl Forms {
    fn of(secrets: &[String]) -> Self {
        let mut forms: HashMap<_, Vec<Vec<u8>>> = HashMap::new();
        for form in secrets.iter().flat_map(|secret| pieces(secret.as_bytes())).flat_map(forms_of) {
            let key = *form.first_chunk().expect("every form is longer than a key");
            let known = forms.entry(key).or_default();
            if !known.contains(&form) {
                known.push(form);
            }
        }
        Self(forms)
    }

    fn are_in(&self, line: &[u8]) -> bool {
        line.windows(KEY).enumerate().any(|(at, window)| {
            let forms = window.first_chunk().and_then(|key| self.0.get(key));
            forms.is_some_and(|forms| forms.iter().any(|form| line[at..].starts_with(form)))
        })
    }
}

/// Pieces that cover it; itself, where it is no longer than one.
fn pieces(secret: &[u8]) -> Vec<&[u8]> {
    if secret.len() <= PIECE {
        return vec![secret];
    }
    secret.chunks_exact(PIECE).chain([&secret[secret.len() - PIECE..]]).collect()
}

/// A piece as it is; escaped, once and twice; percent-encoded, once and twice; in hexadecimal; in base64, wherever its
/// groups begin; and as a list of numbers.
fn forms_of(piece: &[u8]) -> Vec<Vec<u8>> {
    let text = str::from_utf8(piece).expect("secrets are ASCII");
    let (escaped, encoded) = (json(text), percent(text));
    let hex = hex::encode(piece);
    let numbers: Vec<String> = piece.iter().map(u8::to_string).collect();
    let texts = [
        text.to_owned(),
        json(&escaped),
        escaped,
        percent(&encoded),
        in_lower_case(&encoded),
        encoded,
        hex.to_ascii_uppercase(),
        hex,
        numbers.join(", "),
        numbers.join(","),
    ];
    let texts = texts.into_iter().map(String::into_bytes);
    let in_base64 = [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD]
        .map(|engine| ALIGNMENTS.map(|before| base64(&engine, before, piece)));
    texts.chain(in_base64.into_iter().flatten()).collect()
}

/// The characters that the piece alone decides, when so many bytes come before it.
fn base64(engine: &impl Engine, before: usize, piece: &[u8]) -> Vec<u8> {
    let bytes = [&vec![0; before][..], piece].concat();
    let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    engine.encode(&bytes).as_bytes()[first..end].to_vec()
}

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// With the escapes' digits in lower case.
fn in_lower_case(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    first
        + &parts.map(|part| format!("%{}{}", part[..2].to_ascii_lowercase(), &part[2..])).collect::<String>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use url::Url;

    use super::*;

    const SECRET: &str = r#"A "Canary" of More\Than/32+Chars=&~"#;

    fn is_found_in(line: &str) -> bool {
        let text = format!("before it\n{line}\nafter it");
        match &lines_with(&text, &[SECRET.to_owned()])[..] {
            [] => false,
            found => {
                assert_eq!(found, [line]);
                true
            }
        }
    }

    #[test]
    fn a_secret_is_found_in_whatever_form_it_is_logged() {
        let url = Url::parse_with_params("https://console.example/?to=it", [("token", SECRET)]).unwrap();
        let url_in_url = Url::parse_with_params("https://idp.example", [("next", url.as_str())]).unwrap();
        let in_json = json!({ "token": SECRET }).to_string();
        let after = |before: &str| format!("{before}{SECRET}: and on").into_bytes();
        let mut lines = vec![
            format!("the token is {SECRET}."),
            format!("Location: {url}"),
            format!("location={url_in_url}"),
            format!("url={}", url.as_str().replace('%', "%25")),
            format!("lower={}", in_lower_case(url.query().unwrap())),
            format!("body={in_json}"),
            format!("error={:?}", json!({ "body": in_json }).to_string()),
            format!("debug={SECRET:?}"),
            format!("bytes={:?}", after("token ")),
            format!("bytes={}", serde_json::to_string(&after("token ")).unwrap()),
            format!("hex={}", hex::encode(after("x"))),
            format!("hex={}", hex::encode_upper(after("xyz"))),
        ];
        for before in ["", "x", "id:", "user:"] {
            lines.push(format!("Authorization: Basic {}", BASE64_STANDARD.encode(after(before))));
            lines.push(format!("token={}", BASE64_URL_SAFE_NO_PAD.encode(after(before))));
        }
        for line in lines {
            assert!(is_found_in(&line), "{line}");
        }
    }

    #[test]
    fn the_better_half_of_a_secret_is_found_as_well() {
        assert!(is_found_in(&format!("token={}…", &SECRET[..PIECE])));
        assert!(is_found_in(&format!("token=…{}", &SECRET[SECRET.len() - PIECE..])));
        assert!(is_found_in(&format!("token=…{}…", &SECRET[1..2 * PIECE])));
    }

    #[test]
    fn where_there_is_none_nothing_is_found() {
        for line in ["", "token=[redacted]", &SECRET[..PIECE - 1], &BASE64_STANDARD.encode("another canary")]
        {
            assert!(!is_found_in(line), "{line}");
        }
    }
}
