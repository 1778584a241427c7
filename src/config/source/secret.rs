//! Secrets among the settings: in the environment themselves, or in either place a reference to where they are kept.

use std::{collections::BTreeMap, fmt::Display};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value as Json};
use toml::Value;

use super::{Setting, Source, variable_of};
use crate::ports::{SecretError, SecretPlace};

/// The operator's secrets by their place, or why they cannot be read.
pub type Secrets = BTreeMap<SecretPlace, Result<SecretString, SecretError>>;

/// A reference to a secret: the whole text of a place, or one key of the JSON object there.
struct Reference {
    place: SecretPlace,
    key: Option<String>,
}

impl Source {
    /// A secret. No message ever shows it.
    pub(in crate::config) fn secret<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<T> {
        let secret = self.optional_secret(key, parse);
        self.needed(key, secret)
    }

    /// A secret that another setting requires.
    pub(in crate::config) fn needed<T>(&mut self, key: &str, secret: Setting<Option<T>>) -> Setting<T> {
        match secret? {
            Some(secret) => Ok(secret),
            None => self.refuse(variable_of(key), "missing"),
        }
    }

    /// An optional secret.
    pub(in crate::config) fn optional_secret<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<Option<T>> {
        self.known.insert(key.to_owned());
        let in_environment = self.environment.remove(key).map(|text| (variable_of(key), text));
        let in_file = match self.file.remove(key) {
            None => None,
            Some(Value::String(text)) if Reference::of(&text).is_some() => Some((key.to_owned(), text)),
            Some(_) => return self.refuse(key.to_owned(), not_in_the_file(key)),
        };
        let Some((place, text)) = in_environment.or(in_file) else {
            return Ok(None);
        };
        let parsed = match Reference::of(&text) {
            None => parse(&text).map_err(|problem| problem.to_string()),
            Some(reference) => self
                .referred_to(&reference)
                .and_then(|secret| parse(secret.expose_secret()).map_err(|problem| problem.to_string()))
                .map_err(|problem| format!("{text}: {problem}")),
        };
        parsed.map(Some).or_else(|problem| self.refuse(place, problem))
    }

    fn referred_to(&mut self, reference: &Reference) -> Result<SecretString, String> {
        self.references.insert(reference.place.clone());
        match self.secrets.get(&reference.place) {
            Some(Ok(secret)) => reference.pick_from(secret),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("not read".to_owned()),
        }
    }
}

impl Reference {
    fn of(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let whole = |place| Some(Self { place, key: None });
        match kind {
            "secretsmanager" => {
                let (id, key) = rest.split_once('#').map_or((rest, None), |(id, key)| (id, Some(key)));
                let place = SecretPlace::SecretsManager(id.to_owned());
                Some(Self { place, key: key.map(str::to_owned) })
            }
            "ssm" => whole(SecretPlace::ParameterStore(rest.to_owned())),
            "file" => whole(SecretPlace::File(rest.into())),
            _ => None,
        }
    }

    fn pick_from(&self, kept: &SecretString) -> Result<SecretString, String> {
        let Some(key) = &self.key else {
            return Ok(kept.clone());
        };
        let object: Map<String, Json> = serde_json::from_str(kept.expose_secret())
            .map_err(|_| "the secret is not a JSON object, so the reference must not contain #".to_owned())?;
        match object.get(key) {
            Some(Json::String(text)) => Ok(SecretString::from(text.as_str())),
            Some(_) => Err("the value of this key is not text".to_owned()),
            None => Err("the secret has no such key".to_owned()),
        }
    }
}

fn not_in_the_file(key: &str) -> String {
    let (variable, name) = (variable_of(key), key.rsplit('.').next().unwrap_or(key));
    format!(
        "the file must not contain a secret: set {variable} instead, or a reference such as \
         \"secretsmanager:elevate#{name}\", \"ssm:/elevate/{name}\" or \"file:/run/secrets/{name}\""
    )
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::{Mutex, PoisonError},
    };

    use async_trait::async_trait;

    use super::super::Faults;
    use super::*;
    use crate::{
        config::{Config, Mode},
        ports::SecretSource,
    };

    const FILE: &str = r#"
        public_url = "https://elevate.example.com"
        [slack]
        team_id = "T0123456"
        review_channel = "C0REVIEW"
        audit_channel = "C0AUDIT"
        bot_token = "secretsmanager:elevate/slack#bot_token"
        signing_secret = "secretsmanager:elevate/slack#signing_secret"
        app_token = "secretsmanager:elevate/slack#app_token"
        [oidc]
        issuer = "https://idp.example.com"
        client_id = "elevate"
        client_secret = "ssm:/elevate/client_secret"
        [sealing]
        keys = "file:/run/secrets/keys"
    "#;

    const OF_SLACK: &str = r#"{"bot_token": "xoxb-hush", "signing_secret": "signing-hush", "app_token": "xapp-hush", "hush": 7}"#;

    /// Keeps three secrets, and notes what is read.
    #[derive(Default)]
    struct Kept(Mutex<Vec<SecretPlace>>);

    impl Kept {
        fn of(place: &SecretPlace) -> Result<SecretString, SecretError> {
            match place {
                SecretPlace::SecretsManager(id) if id == "elevate/slack" => Ok(OF_SLACK.into()),
                SecretPlace::ParameterStore(name) if name == "/elevate/client_secret" => {
                    Ok("client-hush".into())
                }
                SecretPlace::File(path) if path.ends_with("keys") => {
                    Ok("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=".into())
                }
                SecretPlace::SecretsManager(_) | SecretPlace::ParameterStore(_) | SecretPlace::File(_) => {
                    Err(SecretError("there is no such secret".to_owned()))
                }
            }
        }
    }

    #[async_trait]
    impl SecretSource for Kept {
        async fn read(&self, place: &SecretPlace) -> Result<SecretString, SecretError> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(place.clone());
            Self::of(place)
        }
    }

    /// The configuration with `variables` over the file, and what is kept put in its place.
    fn read(variables: &[(&str, &str)]) -> Result<Config, Faults> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let places = Config::references(FILE, variables.clone())?;
        let secrets = places.into_iter().map(|place| (place.clone(), Kept::of(&place))).collect();
        Config::parse(FILE, variables, secrets)
    }

    #[tokio::test]
    async fn each_place_is_read_once_however_many_secrets_are_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("elevate.toml");
        fs::write(&file, FILE).unwrap();
        let kept = Kept::default();
        let config = Config::load(Some(&file), &kept).await.unwrap();
        assert_eq!(config.slack.bot_token.expose_secret(), "xoxb-hush");
        let Mode::Http { signing_secrets } = config.slack.mode else { panic!("{:?}", config.slack.mode) };
        assert_eq!(signing_secrets[0].expose_secret(), "signing-hush");
        assert_eq!(config.oidc.client_secret.expose_secret(), "client-hush");
        assert_eq!(config.sealing.keys[0].expose(), &[1; 32]);
        assert_eq!(kept.0.into_inner().unwrap().len(), 3);
    }

    #[test]
    fn a_reference_may_be_in_the_environment_where_it_goes_before_the_file() {
        let variables = [("ELEVATE_SLACK__BOT_TOKEN", "ssm:/elevate/client_secret")];
        assert_eq!(read(&variables).unwrap().slack.bot_token.expose_secret(), "client-hush");
        let variables = [("ELEVATE_SLACK__BOT_TOKEN", "xoxb-itself")];
        assert_eq!(read(&variables).unwrap().slack.bot_token.expose_secret(), "xoxb-itself");
    }

    #[test]
    fn what_is_wrong_with_references_is_told_at_once_and_with_all_else() {
        let told = read(&[
            ("ELEVATE_SLACK__BOT_TOKEN", "secretsmanager:elevate/slack#token"),
            ("ELEVATE_SLACK__SIGNING_SECRET", "secretsmanager:elevate/slack#hush"),
            ("ELEVATE_SLACK__APP_TOKEN", "ssm:/elevate/app_token"),
            ("ELEVATE_SLACK__TEAM_ID", "acme"),
            ("ELEVATE_OIDC__CLIENT_SECRET", "secretsmanager:elsewhere"),
            ("ELEVATE_SEALING__KEYS", "secretsmanager:elevate/slack"),
        ]);
        let expected = [
            "ELEVATE_SLACK__SIGNING_SECRET: secretsmanager:elevate/slack#hush: the value of this key is not text",
            "ELEVATE_SLACK__APP_TOKEN: ssm:/elevate/app_token: there is no such secret",
            "ELEVATE_SLACK__TEAM_ID: expected a Slack workspace id such as T0123456, found \"acme\"",
            "ELEVATE_SLACK__BOT_TOKEN: secretsmanager:elevate/slack#token: the secret has no such key",
            "ELEVATE_OIDC__CLIENT_SECRET: secretsmanager:elsewhere: there is no such secret",
            "ELEVATE_SEALING__KEYS: secretsmanager:elevate/slack: expected keys of 32 bytes in base64, separated by \
             commas, from `openssl rand -base64 32`",
        ];
        assert_eq!(told.unwrap_err().to_string().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_key_is_looked_for_in_json_alone() {
        let no_json = Reference::of("secretsmanager:elevate#bot_token").unwrap();
        for kept in ["xoxb-hush", "[\"xoxb-hush\"]", "{\"bot_token\": \"xoxb-hush"] {
            let told = no_json.pick_from(&kept.into()).unwrap_err();
            assert_eq!(told, "the secret is not a JSON object, so the reference must not contain #");
        }
    }

    #[test]
    fn what_only_looks_like_a_reference_is_a_secret() {
        for secret in ["xoxb-1:2", "s3cret", "SSM:/elevate", "https://ssm:hush@example.com", ""] {
            assert!(Reference::of(secret).is_none(), "{secret}");
        }
    }
}
