//! What the page is made of.

use std::{collections::BTreeMap, fs};

use reqwest::header;
use serde_json::Value;

use super::world::Desk;

#[tokio::test]
async fn everything_the_page_names_is_there_and_nothing_else_may_run_or_be_shown() {
    let desk = Desk::open().await;
    let mut unread = vec!["/".to_owned()];
    let mut read = Vec::new();
    while let Some(path) = unread.pop() {
        let answer = desk.get(&path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = answer.text().await.unwrap();
        read.push(path);
        let named = text.split('"').filter_map(|word| match word.strip_prefix("./") {
            Some(file) if file.ends_with(".js") => Some(format!("/page/{file}")),
            _ => word.starts_with("/page/").then(|| word.to_owned()),
        });
        unread.extend(named.collect::<Vec<_>>().into_iter().filter(|path| !read.contains(path)));
        unread.dedup();
    }
    assert!(read.len() > 10, "{read:?}");
    assert_eq!(desk.get("/page/main.rs").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn another_sites_page_learns_and_does_nothing() {
    let desk = Desk::open().await;
    for path in ["/api/read-model?as=ada", "/api/calls", "/browse?as=ada&to=http://127.0.0.1:1/"] {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("host", "evil.example.com")]
        {
            let answer = desk.get(path).header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} with {name}: {value}");
        }
    }
    let form =
        desk.http.post(format!("{}/api/time", desk.origin)).body("{\"seconds\":60}").send().await.unwrap();
    assert_eq!(form.status(), 415);
}

#[tokio::test]
async fn whoever_comes_by_another_name_of_this_machine_is_sent_to_the_one_that_cookies_are_for() {
    let desk = Desk::open().await;
    let answer = desk.get("/?as=bob").header("host", "localhost:4000").send().await.unwrap();
    let place = answer.headers()[header::LOCATION].to_str().unwrap();
    assert_eq!((answer.status().as_u16(), place), (303, &*format!("{}/?as=bob", desk.origin)));
}

/// The page shows a block of a type or with a field that it does not know as an error.
#[test]
fn the_page_can_show_every_block_that_the_product_is_known_to_send() {
    let tables = known_to_the_page();
    let mut shown = 0;
    for file in fs::read_dir("../tests/it/snapshots").unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let Some(json) = text.splitn(3, "---\n").nth(2).and_then(|json| serde_json::from_str(json).ok())
        else {
            continue;
        };
        shown += 1;
        check(&json, &tables, &path.display().to_string());
    }
    assert!(shown > 30, "{shown}");
}

fn check(json: &Value, tables: &BTreeMap<String, Vec<String>>, place: &str) {
    let within: Vec<&Value> = match json {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    if let Some(kind) = json["type"].as_str().filter(|kind| *kind != "modal") {
        let known = tables.get(kind).unwrap_or_else(|| panic!("{place}: {kind} is not known to the page"));
        for field in json.as_object().unwrap().keys() {
            let is_known =
                ["type", "block_id", "action_id"].contains(&field.as_str()) || known.contains(field);
            assert!(is_known, "{place}: {kind}.{field} is not known to the page");
        }
    }
    within.into_iter().for_each(|value| check(value, tables, place));
}

/// The types in the tables of blocks.js, with the fields that each may have.
fn known_to_the_page() -> BTreeMap<String, Vec<String>> {
    let script = fs::read_to_string("src/playground/page/blocks.js").unwrap();
    let entry = |line: &str| {
        let (kind, rest) = line.strip_prefix("  ")?.split_once(": [\"")?;
        let fields = rest.split('"').next()?.split(' ').map(str::to_owned);
        kind.chars().all(|c| c.is_ascii_lowercase() || c == '_').then(|| (kind.to_owned(), fields.collect()))
    };
    script.lines().filter_map(entry).collect()
}
