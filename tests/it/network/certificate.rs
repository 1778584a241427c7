//! A certificate for this machine's loopback address, which is its own issuer.

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};

/// Tags of X.690.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// RFC 5758, section 3.2: `ecdsa-with-SHA256`.
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// RFC 5280, appendix A.1: `commonName`.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// RFC 5280, section 4.2.1.6: `subjectAltName`.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// In a `subjectAltName`: `iPAddress`.
const IP_ADDRESS: u8 = 0x87;

pub(super) struct Certificate {
    pub(super) der: Vec<u8>,
    /// Its key, as PKCS #8.
    pub(super) key: Vec<u8>,
}

impl Certificate {
    /// The certificate of a CA of this name, with a key that no other has (RFC 5280, section 4.1).
    pub(super) fn of_loopback(ca: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let algorithm = der(SEQUENCE, &[&der(OID, &[ECDSA_WITH_SHA256])]);
        let common_name = der(SEQUENCE, &[&der(OID, &[COMMON_NAME]), &der(UTF8_STRING, &[ca.as_bytes()])]);
        let ca = der(SEQUENCE, &[&der(SET, &[&common_name])]);
        let [since, until] = [b"200101000000Z", b"491231235959Z"].map(|time| der(UTC_TIME, &[time]));
        let names = der(SEQUENCE, &[&der(IP_ADDRESS, &[&[127, 0, 0, 1]])]);
        let extension = der(SEQUENCE, &[&der(OID, &[SUBJECT_ALT_NAME]), &der(OCTET_STRING, &[&names])]);
        let to_be_signed = der(
            SEQUENCE,
            &[
                &der(0xa0, &[&der(INTEGER, &[&[2]])]), // version 3
                &der(INTEGER, &[&[1]]),
                &algorithm,
                &ca,
                &der(SEQUENCE, &[&since, &until]),
                &ca,
                pair.public_key().as_der().unwrap().as_ref(),
                &der(0xa3, &[&der(SEQUENCE, &[&extension])]),
            ],
        );
        let signature = pair.sign(&SystemRandom::new(), &to_be_signed).unwrap();
        let signature = der(BIT_STRING, &[&[0], signature.as_ref()]);
        Self {
            der: der(SEQUENCE, &[&to_be_signed, &algorithm, &signature]),
            key: pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
        }
    }

    pub(super) fn pem(&self) -> String {
        let base64 = BASE64_STANDARD.encode(&self.der);
        format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
    }
}

/// X.690, section 8.1.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = match u16::try_from(contents.len()).unwrap().to_be_bytes() {
        [0, short @ ..0x80] => vec![short],
        [0, byte] => vec![0x81, byte],
        [high, low] => vec![0x82, high, low],
    };
    [vec![tag], length, contents].concat()
}
