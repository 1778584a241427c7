//! KMS in process, behind the HTTP client of the AWS SDK: it generates data keys, and decrypts them for the encryption
//! context that they were generated for (<https://docs.aws.amazon.com/kms/latest/APIReference/>).
//!
//! Stricter than the real service: every call requires an encryption context and the key's name.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    http::{Control, Fault},
    random::{random_bytes, random_id},
};

/// The prefix of `X-Amz-Target` in KMS's protocol, `AwsJson1_1`.
const TARGET: &str = "TrentService.";
/// The bytes of a key's id.
const ID_BYTES: usize = 16;

/// A KMS with the keys of one account; clones are handles on the same ones.
#[derive(Clone, Debug, Default)]
pub struct Kms(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    control: Control,
    keys: Mutex<BTreeMap<String, Key>>,
    data_keys: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Key {
    alias: String,
    cipher: LessSafeKey,
    is_enabled: bool,
}

/// What the two calls that are known take.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    key_id: String,
    encryption_context: BTreeMap<String, String>,
    key_spec: Option<String>,
    ciphertext_blob: Option<String>,
}

/// The code of an error of KMS's.
type Refusal = &'static str;

impl Kms {
    /// Makes a key, enabled, and hands back its ARN.
    pub fn add_key(&self, alias: &str) -> String {
        let id = random_id::<ID_BYTES>();
        let cipher = UnboundKey::new(&AES_256_GCM, &random_bytes::<32>()).expect("the key has 32 bytes");
        let key = Key { alias: alias.to_owned(), cipher: LessSafeKey::new(cipher), is_enabled: true };
        self.keys().insert(id.clone(), key);
        arn_of(&id)
    }

    /// Disables the key that has this alias.
    pub fn disable(&self, alias: &str) {
        self.keys().values_mut().filter(|key| key.alias == alias).for_each(|key| key.is_enabled = false);
    }

    /// What to give to an SDK configuration's `http_client`. The SDK still wants a region and credentials;
    /// any will do.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        let kms = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(kms.clone()))
    }

    /// Faults, latency and calls, by operation: `GenerateDataKey`, `Decrypt`.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.0.control
    }

    /// Every secret handed out: data keys, in base64.
    #[must_use]
    pub fn secrets_issued(&self) -> Vec<String> {
        self.0.data_keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn perform(&self, request: &HttpRequest) -> Result<Value, Refusal> {
        let body = request.body().bytes().unwrap_or_default();
        let asked: Asked = serde_json::from_slice(body).map_err(|_| "ValidationException")?;
        if asked.encryption_context.is_empty() {
            return Err("ValidationException");
        }
        match operation(request) {
            "GenerateDataKey" if asked.key_spec.as_deref() == Some("AES_256") => self.generate(&asked),
            "Decrypt" => self.decrypt(&asked),
            _ => Err("UnknownOperationException"),
        }
    }

    fn generate(&self, asked: &Asked) -> Result<Value, Refusal> {
        let data_key = random_bytes::<32>();
        let keys = self.keys();
        let (id, key) = find(&keys, &asked.key_id)?;
        let nonce = random_bytes::<NONCE_LEN>();
        let mut wrapped = data_key.to_vec();
        let aad = Aad::from(context(asked));
        key.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut wrapped)
            .expect("a data key is short");
        let plaintext = STANDARD.encode(data_key);
        self.0.data_keys.lock().unwrap_or_else(PoisonError::into_inner).push(plaintext.clone());
        let blob = [id.as_bytes(), &nonce, &wrapped].concat();
        Ok(json!({
            "KeyId": arn_of(id),
            "Plaintext": plaintext,
            "CiphertextBlob": STANDARD.encode(blob),
        }))
    }

    fn decrypt(&self, asked: &Asked) -> Result<Value, Refusal> {
        const SHUT: Refusal = "InvalidCiphertextException";
        let keys = self.keys();
        let (id, key) = find(&keys, &asked.key_id)?;
        let blob = asked.ciphertext_blob.as_ref().and_then(|blob| STANDARD.decode(blob).ok()).ok_or(SHUT)?;
        let (of, rest) = blob.split_at_checked(2 * ID_BYTES).ok_or(SHUT)?;
        if of != id.as_bytes() {
            let is_known = keys.keys().any(|known| known.as_bytes() == of);
            return Err(if is_known { "IncorrectKeyException" } else { SHUT });
        }
        let (&nonce, wrapped) = rest.split_first_chunk().ok_or(SHUT)?;
        let mut wrapped = wrapped.to_vec();
        let aad = Aad::from(context(asked));
        let data_key = key
            .cipher
            .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut wrapped)
            .map_err(|_| SHUT)?;
        Ok(json!({ "KeyId": arn_of(id), "Plaintext": STANDARD.encode(data_key) }))
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (latency, fault) = self.0.control.enter(operation(&request));
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        match fault {
            None => match self.perform(&request) {
                Ok(answer) => response(200, &answer),
                Err(code) => response(400, &json!({ "__type": code })),
            },
            Some(Fault::Status(status)) => response(status, &json!({ "__type": "KMSInternalException" })),
            Some(Fault::RateLimited(_)) => response(400, &json!({ "__type": "ThrottlingException" })),
            Some(Fault::Garbage) => response(200, &json!("an upstream proxy's page")),
            Some(Fault::Quoted) => {
                response(200, &json!(self.perform(&request).unwrap_or_default().to_string()))
            }
            Some(Fault::Hangs | Fault::AnswerLost | Fault::Unanswered) => std::future::pending().await,
        }
    }

    fn keys(&self) -> MutexGuard<'_, BTreeMap<String, Key>> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Kms {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

fn operation(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.strip_prefix(TARGET).unwrap_or_default()
}

/// The key that is named by its id, its ARN or its alias.
fn find<'k>(keys: &'k BTreeMap<String, Key>, named: &str) -> Result<(&'k String, &'k Key), Refusal> {
    let is_named = |(id, key): &(&String, &Key)| named == *id || named == arn_of(id) || named == key.alias;
    let (id, key) = keys.iter().find(is_named).ok_or("NotFoundException")?;
    if key.is_enabled { Ok((id, key)) } else { Err("DisabledException") }
}

fn arn_of(id: &str) -> String {
    format!("arn:aws:kms:eu-west-1:999988887777:key/{id}")
}

fn context(asked: &Asked) -> Vec<u8> {
    json!(asked.encryption_context).to_string().into_bytes()
}

fn response(status: u16, body: &Value) -> Result<HttpResponse, ConnectorError> {
    let status = status.try_into().map_err(|_| ConnectorError::user("no such HTTP status".into()))?;
    let mut response = HttpResponse::new(status, body.to_string().into());
    response.headers_mut().insert("content-type", "application/x-amz-json-1.1");
    Ok(response)
}
