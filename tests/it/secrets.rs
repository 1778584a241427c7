//! The operator's secrets, where they are kept: what is read there, and what is told of what cannot be read.

use std::{fs, os::unix::fs::symlink};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use axum::{Json, Router, http::HeaderMap, response::IntoResponse, routing::post};
use elevate::{
    ports::{SecretPlace, SecretSource},
    secrets::KeptSecrets,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What AWS says of a missing permission.
const DENIED: &str = "User: arn:aws:sts::999988887777:assumed-role/elevate/1 is not authorized to perform this action, \
                      with an explicit deny in a service control policy";

/// What Secrets Manager and Parameter Store answer: text by some names, and an error by the name of each other one.
async fn answer(headers: HeaderMap, body: String) -> impl IntoResponse {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let told = match headers["x-amz-target"].to_str().unwrap() {
        "secretsmanager.GetSecretValue" => match asked["SecretId"].as_str().unwrap() {
            "elevate" => Ok(json!({ "Name": "elevate", "SecretString": "hush" })),
            "binary" => Ok(json!({ "Name": "binary", "SecretBinary": "aHVzaA==" })),
            error => Err(error.to_owned()),
        },
        "AmazonSSM.GetParameter" => match asked["Name"].as_str().unwrap() {
            "/elevate" if asked["WithDecryption"] == true => {
                Ok(json!({ "Parameter": { "Name": "/elevate", "Type": "SecureString", "Value": "hush" } }))
            }
            error => Err(error.to_owned()),
        },
        other => panic!("{other}"),
    };
    match told {
        Ok(answer) => (http::StatusCode::OK, Json(answer)),
        Err(error) => {
            let message = if error == "AccessDeniedException" { DENIED } else { "hush" };
            (http::StatusCode::BAD_REQUEST, Json(json!({ "__type": error, "message": message })))
        }
    }
}

async fn kept() -> KeptSecrets {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, service).await });
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(stage::http())
        .endpoint_url(url);
    KeptSecrets::new(&aws.build())
}

/// What is in this place, or what is told of it.
async fn found(place: SecretPlace) -> String {
    match kept().await.read(&place).await {
        Ok(secret) => secret.expose_secret().to_owned(),
        Err(error) => {
            let told = error.to_string();
            assert!(!told.contains("hush"), "no body is told: {told}");
            told
        }
    }
}

#[tokio::test]
async fn secrets_are_read_from_secrets_manager() {
    let named = async |id: &str| found(SecretPlace::SecretsManager(id.to_owned())).await;
    assert_eq!(named("elevate").await, "hush");
    assert_eq!(named("binary").await, "it holds no text");
    let missing = "there is no such secret in this account and region";
    assert_eq!(named("ResourceNotFoundException").await, missing);
    let denied = format!(
        "this process is not allowed to read it (AccessDeniedException: {DENIED}): give it \
         secretsmanager:GetSecretValue, and kms:Decrypt on its key"
    );
    assert_eq!(named("AccessDeniedException").await, denied);
    assert_eq!(named("DecryptionFailure").await, "it could not be read: DecryptionFailure");
}

#[tokio::test]
async fn secrets_are_read_from_parameter_store_decrypted() {
    let named = async |name: &str| found(SecretPlace::ParameterStore(name.to_owned())).await;
    assert_eq!(named("/elevate").await, "hush");
    let missing = "there is no such parameter in this account and region";
    assert_eq!(named("ParameterNotFound").await, missing);
    let denied = format!(
        "this process is not allowed to read it (AccessDeniedException: {DENIED}): give it ssm:GetParameter, and \
         kms:Decrypt on its key"
    );
    assert_eq!(named("AccessDeniedException").await, denied);
    assert_eq!(named("InvalidKeyId").await, "it could not be read: InvalidKeyId");
}

#[tokio::test]
async fn secrets_are_read_from_files_without_the_newline_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    for (text, secret) in
        [("hush", "hush"), ("hush\n", "hush"), ("hush\r\n", "hush"), ("hush\n\n", "hush\n"), ("", "")]
    {
        fs::write(&file, text).unwrap();
        assert_eq!(found(SecretPlace::File(file.clone())).await, secret, "{text:?}");
    }
    fs::write(&file, b"\xff").unwrap();
    assert_eq!(found(SecretPlace::File(file)).await, "it holds no text");
    assert_eq!(found(SecretPlace::File(folder.path().join("none"))).await, "there is no such file");
    let in_circles = folder.path().join("circle");
    symlink(&in_circles, &in_circles).unwrap();
    assert!(found(SecretPlace::File(in_circles)).await.starts_with("it could not be read: "));
}
