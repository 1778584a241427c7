//! What a provider says of itself before anybody signs in.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use serde_json::{Value, json};

use super::{
    relying_party::{EVERYTHING, text},
    world::World,
};

contracts! {
    judge decides {
        the_discovery_document_names_its_issuer_and_what_it_speaks,
        all_endpoints_are_the_issuers_own,
        a_key_is_public_and_says_what_it_is_for,
        a_rotated_key_leaves_nothing_of_the_old_one,
    }
}

async fn the_discovery_document_names_its_issuer_and_what_it_speaks(world: World) {
    let document = world.party.discover().await;
    assert_eq!(document["issuer"], world.party.issuer);
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    for (name, value) in [
        ("response_types_supported", "code"),
        ("response_modes_supported", "query"),
        ("grant_types_supported", "authorization_code"),
        ("grant_types_supported", "refresh_token"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("token_endpoint_auth_methods_supported", "client_secret_basic"),
        ("code_challenge_methods_supported", "S256"),
    ] {
        assert!(lists(&document[name], value), "{name} lacks {value}");
    }
    assert!(EVERYTHING.split(' ').all(|scope| lists(&document["scopes_supported"], scope)));
}

async fn all_endpoints_are_the_issuers_own(world: World) {
    let document = world.party.discover().await;
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        let home = format!("{}/", world.party.issuer);
        assert!(text(&document, name).starts_with(&home), "{name}");
    }
}

async fn a_key_is_public_and_says_what_it_is_for(world: World) {
    let keys = world.party.keys().await;
    let key = &keys["keys"][0];
    assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    assert!(!text(key, "kid").is_empty());
    for private in ["d", "p", "q", "dp", "dq", "qi"] {
        assert_eq!(key.get(private), None);
    }
}

async fn a_rotated_key_leaves_nothing_of_the_old_one(world: World) {
    let before = world.party.tokens(EVERYTHING).await;
    let old = world.party.keys().await;
    world.rotate_keys().await;
    let new = world.party.keys().await;
    assert_eq!(new["keys"].as_array().map(Vec::len), Some(1));
    assert_ne!(new["keys"][0]["kid"], old["keys"][0]["kid"]);
    world.party.verified(text(&before, "id_token")).await.unwrap_err();
    let after = world.party.tokens(EVERYTHING).await;
    world.party.verified(text(&after, "id_token")).await.unwrap();
}

fn lists(list: &Value, value: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|listed| listed == value))
}
