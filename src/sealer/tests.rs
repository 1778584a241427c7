//! Tests of every kind of key, and of KMS's in particular.

use std::sync::atomic::{AtomicU8, Ordering};

use aws_sdk_kms::{
    config::{BehaviorVersion, Credentials, Region},
    primitives::Blob,
};
use sandbox::{http::Fault, kms::Kms};
use secrecy::ExposeSecret;

use super::*;
use crate::config::SealingKey;

const ALIAS: &str = "alias/elevate";

const ROW: [(&str, &str); 5] = [
    ("purpose", "test"),
    ("team", "T0123456"),
    ("user", "U0ADA"),
    ("iss", "https://idp.example"),
    ("sub", "ada"),
];

/// Random bytes that never repeat.
#[derive(Default)]
struct Counter(AtomicU8);

impl Ids for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// A KMS with one key.
fn kms() -> Kms {
    let kms = Kms::default();
    kms.add_key(ALIAS);
    kms
}

fn client_of(kms: &Kms) -> aws_sdk_kms::Client {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(kms.http_client());
    aws_sdk_kms::Client::from_conf(config.build())
}

fn keyring(kms_key_id: Option<&str>, kms: &Kms, keys: &[u8]) -> Keyring {
    let keys = keys.iter().map(|byte| SealingKey::new([*byte; 32])).collect();
    let sealing = Sealing { kms_key_id: kms_key_id.map(str::to_owned), keys };
    Keyring::new(&sealing, &client_of(kms), Arc::new(Counter::default()))
}

/// A keyring with keys from the configuration.
fn local(keys: &[u8]) -> Keyring {
    keyring(None, &Kms::default(), keys)
}

/// A keyring of either kind.
fn both() -> [Keyring; 2] {
    [local(&[1]), keyring(Some(ALIAS), &kms(), &[])]
}

async fn sealed(keyring: &Keyring) -> Vec<u8> {
    keyring.seal(&SecretString::from("refresh-token"), &ROW).await.unwrap()
}

/// Returns whether it opens for its row and, if so, whether it is sealed with the current key.
async fn opens(keyring: &Keyring, sealed: &[u8]) -> Result<bool, SealError> {
    let opened = keyring.open(sealed, &ROW).await?;
    assert_eq!(opened.secret.expose_secret(), "refresh-token");
    Ok(opened.is_up_to_date)
}

async fn stays_shut(keyring: &Keyring, sealed: &[u8], row: &SealedRow<'_>) -> bool {
    matches!(keyring.open(sealed, row).await, Err(SealError::Shut(_)))
}

#[tokio::test]
async fn what_is_sealed_opens_for_its_row() {
    for keyring in both() {
        assert_eq!(opens(&keyring, &sealed(&keyring).await).await, Ok(true));
    }
}

#[tokio::test]
async fn the_secret_is_not_to_be_seen_and_never_sealed_alike() {
    for keyring in both() {
        let (one, other) = (sealed(&keyring).await, sealed(&keyring).await);
        assert_ne!(one, other);
        assert!(!one.windows(7).any(|part| part == b"refresh"));
    }
}

#[tokio::test]
async fn it_opens_for_no_other_row() {
    let (mut eves, mut shifted) = (ROW, ROW);
    eves[2].1 = "U0EVE";
    (shifted[1].1, shifted[2].1) = ("T0123456U", "0ADA");
    let others: [&SealedRow<'_>; 4] = [&ROW[..1], &ROW[..4], &eves, &shifted];
    for keyring in both() {
        let sealed = sealed(&keyring).await;
        for row in others {
            assert!(stays_shut(&keyring, &sealed, row).await, "{row:?}");
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_anywhere_keeps_it_shut() {
    for keyring in both() {
        let sealed = sealed(&keyring).await;
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(stays_shut(&keyring, &changed, &ROW).await, "byte {at}");
        }
    }
}

#[tokio::test]
async fn every_truncation_is_refused() {
    for keyring in both() {
        let sealed = sealed(&keyring).await;
        for length in 0..sealed.len() {
            assert!(stays_shut(&keyring, &sealed[..length], &ROW).await, "{length} bytes");
        }
    }
}

#[tokio::test]
async fn the_first_key_seals_and_all_open() {
    let old = sealed(&local(&[1])).await;
    let rotated = local(&[2, 1]);
    assert_eq!(opens(&rotated, &old).await, Ok(false), "it would be sealed with the first key");
    let new = sealed(&rotated).await;
    assert_eq!(opens(&local(&[2]), &new).await, Ok(true));
    assert!(stays_shut(&local(&[1]), &new, &ROW).await);
}

#[tokio::test]
async fn without_a_key_nothing_is_sealed() {
    assert!(local(&[]).seal(&SecretString::from("x"), &ROW).await.is_err());
}

#[tokio::test]
async fn where_kms_seals_the_configurations_keys_still_open() {
    let kms = kms();
    let moving = keyring(Some(ALIAS), &kms, &[1]);
    assert_eq!(opens(&moving, &sealed(&local(&[1])).await).await, Ok(false), "it would be sealed by KMS");
    let moved = sealed(&moving).await;
    assert_eq!(opens(&keyring(Some(ALIAS), &kms, &[]), &moved).await, Ok(true));
    assert!(stays_shut(&local(&[1]), &moved, &ROW).await, "KMS is not asked any more");
}

#[tokio::test]
async fn a_key_is_named_by_alias_id_or_arn() {
    let kms = Kms::default();
    let arn = kms.add_key(ALIAS);
    let sealed = sealed(&keyring(Some(ALIAS), &kms, &[])).await;
    let (_, id) = arn.rsplit_once('/').unwrap();
    for name in [ALIAS, &arn, id] {
        assert_eq!(opens(&keyring(Some(name), &kms, &[]), &sealed).await, Ok(true), "{name}");
    }
}

#[tokio::test]
async fn another_key_of_kms_does_not_open_it() {
    let kms = kms();
    let other = kms.add_key("alias/other");
    let sealed = sealed(&keyring(Some(&other), &kms, &[])).await;
    assert!(stays_shut(&keyring(Some(ALIAS), &kms, &[]), &sealed, &ROW).await);
}

#[tokio::test]
async fn every_secret_has_a_data_key_of_its_own() {
    let kms = kms();
    let keyring = keyring(Some(ALIAS), &kms, &[]);
    let (one, other) = (sealed(&keyring).await, sealed(&keyring).await);
    let (head, body) = (&one[..one.len() - 41], &other[other.len() - 41..]); // 12 of nonce, 13 of secret, 16 of tag
    assert!(stays_shut(&keyring, &[head, body].concat(), &ROW).await);
    assert_eq!(kms.control().calls()[..2], ["GenerateDataKey", "GenerateDataKey"]);
}

#[tokio::test]
async fn kms_unwraps_a_data_key_for_its_row_alone() {
    let kms = kms();
    let sealed = sealed(&keyring(Some(ALIAS), &kms, &[])).await;
    let wrapped = &sealed[3..3 + usize::from(sealed[2])];
    let mut eves = ROW;
    eves[2].1 = "U0EVE";
    for (row, is_its_own) in [(&ROW[..], true), (&eves, false), (&ROW[..4], false)] {
        let context = row.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let asked = client_of(&kms).decrypt().key_id(ALIAS).ciphertext_blob(Blob::new(wrapped));
        let answer = asked.set_encryption_context(Some(context)).send().await;
        assert_eq!(answer.is_ok(), is_its_own, "{row:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_had_at_the_moment_does_not_shut_for_good() {
    let kms = kms();
    let keyring = keyring(Some(ALIAS), &kms, &[]);
    let sealed = sealed(&keyring).await;
    let tells = async || match opens(&keyring, &sealed).await {
        Err(SealError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    };
    for fault in [Fault::Status(500), Fault::RateLimited(1), Fault::Garbage, Fault::Hangs] {
        kms.control().fail_always("Decrypt", fault);
        assert!(tells().await.starts_with("KMS unwrapped no data key with alias/elevate: "));
        kms.control().heal();
    }
    assert_eq!(opens(&keyring, &sealed).await, Ok(true));
    kms.disable(ALIAS);
    assert_eq!(tells().await, "KMS unwrapped no data key with alias/elevate: DisabledException");
    let refused = keyring.seal(&SecretString::from("x"), &ROW).await.unwrap_err().to_string();
    assert_eq!(refused, "KMS made no data key with alias/elevate: DisabledException");
}
