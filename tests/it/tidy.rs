//! The shape of the code, and what must agree with it: held by tests, since no compiler does.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use elevate::store::{
    keys,
    writers::{CHANGES, WRITES},
};
use yaml_rust2::{Yaml, YamlLoader};

/// Which modules a module may use, besides itself: dependencies point down only.
const MAY_USE: [(&str, &[&str]); 33] = [
    ("domain", &[]),
    ("ports", &["domain"]),
    ("flows", &["ports", "domain", "text"]),
    ("store", &["ports", "domain"]),
    ("identity", &["ports", "domain", "config", "outbound", "slack/ids"]),
    ("aws", &["ports", "domain", "config", "outbound"]),
    ("sealer", &["ports", "config", "outbound"]),
    ("secrets", &["ports", "outbound"]),
    ("system", &["ports", "domain"]),
    ("rate_limit", &["ports", "domain"]),
    ("outbound", &["metrics"]),
    ("intake", &["metrics", "config"]),
    ("log_redaction", &[]),
    ("log_writer", &[]),
    ("config", &["ports", "domain", "outbound", "slack/ids"]),
    ("text", &["domain"]),
    ("slack/views", &["domain", "slack/ids", "text"]),
    ("slack/ids", &["domain"]),
    ("slack/names", &["domain", "slack/ids", "text"]),
    ("slack/verify", &["domain"]),
    ("slack/command", &["domain"]),
    ("slack/payload", &["domain", "slack/ids", "slack/views"]),
    ("slack/errors", &["ports", "domain", "slack/ids"]),
    ("slack/budget", &["ports"]),
    ("slack/pace", &["ports", "slack/errors", "rate_limit"]),
    ("slack/web_api", &["ports", "slack/errors", "metrics", "outbound"]),
    (
        "slack/client",
        &[
            "ports",
            "domain",
            "slack/errors",
            "slack/ids",
            "slack/budget",
            "slack/pace",
            "slack/views",
            "slack/web_api",
            "outbound",
            "text",
        ],
    ),
    (
        "slack/inbound",
        &["flows", "ports", "domain", "slack/command", "slack/ids", "slack/payload", "slack/views", "text"],
    ),
    (
        "slack/routes",
        &["flows", "intake", "ports", "domain", "slack/inbound", "slack/payload", "slack/verify"],
    ),
    (
        "slack/socket",
        &[
            "flows",
            "ports",
            "slack/errors",
            "slack/inbound",
            "slack/payload",
            "slack/web_api",
            "metrics",
            "outbound",
        ],
    ),
    ("metrics", &["ports", "domain"]),
    ("web", &["flows", "intake", "metrics", "ports", "domain", "config", "text"]),
    (
        "app",
        &[
            "web",
            "slack/routes",
            "slack/socket",
            "slack/client",
            "slack/ids",
            "slack/verify",
            "slack/names",
            "flows",
            "intake",
            "metrics",
            "outbound",
            "ports",
            "domain",
            "text",
            "store",
            "rate_limit",
            "identity",
            "aws",
            "sealer",
            "config",
            "text",
        ],
    ),
];

#[test]
fn dependencies_point_down_only() {
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    for (module, allowed) in MAY_USE {
        for file in files_of(module) {
            known.insert(file.clone());
            for used in modules_used_in(&file, module) {
                if used != module && !allowed.contains(&used.as_str()) {
                    faults.push(format!("{}: `{module}` may not use `{used}`", file.display()));
                }
            }
        }
    }
    let roots = ["src/lib.rs", "src/main.rs", "src/slack.rs"].map(PathBuf::from);
    for file in rust_files(Path::new("src")) {
        if !known.contains(&file) && !roots.contains(&file) {
            faults.push(format!("{}: say in MAY_USE what this module may use", file.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A story may go on in another one, and never in one that goes on in it. What lies in the folder of a story is part
/// of it.
#[test]
fn the_flows_have_no_circle() {
    let unit_of = |path: &[&str]| path.iter().take(2).copied().collect::<Vec<_>>().join("::");
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let folder = Path::new("src/flows");
    let modules: Vec<(PathBuf, String)> = rust_files(folder)
        .into_iter()
        .map(|file| {
            let module = file.strip_prefix(folder).unwrap().with_extension("");
            (file, module.to_str().unwrap().replace('/', "::"))
        })
        .collect();
    for (file, module) in &modules {
        let code = code_of(file);
        let parent = module.rsplit_once("::").map_or(String::new(), |(parent, _)| format!("{parent}::"));
        let named = [("crate::", String::new()), ("super::", parent), ("self::", format!("{module}::"))];
        let unit = unit_of(&module.split("::").collect::<Vec<_>>());
        for (prefix, within) in named {
            for path in paths_after(&code, prefix) {
                let within_crate = path.strip_prefix("flows::");
                let Some(path) = within_crate.or(Some(&*path).filter(|_| prefix != "crate::")) else {
                    continue;
                };
                let path = format!("{within}{path}::");
                let used = modules.iter().filter(|(_, other)| path.starts_with(&format!("{other}::")));
                let Some((_, used)) = used.max_by_key(|(_, other)| other.len()) else { continue };
                let used = unit_of(&used.split("::").collect::<Vec<_>>());
                if used != unit {
                    uses.entry(unit.clone()).or_default().insert(used);
                }
            }
        }
    }
    assert!(uses["visits::callback"].contains("people::link"), "it is read as it is written: {uses:#?}");
    // What uses nothing that is left is taken away, until nothing is left but circles.
    loop {
        let left: BTreeSet<String> = uses.keys().cloned().collect();
        uses.retain(|_, used| used.iter().any(|used| left.contains(used)));
        if uses.len() == left.len() {
            break;
        }
    }
    assert!(uses.is_empty(), "these go round in a circle: {uses:#?}");
}

#[test]
fn the_rules_are_pure() {
    const FORBIDDEN: [&str; 9] =
        ["async ", ".await", "tokio", "tracing", "aws_sdk", "slack_morphism", "axum", "reqwest", "std::env"];
    for file in files_of("domain") {
        let code = code_of(&file);
        for word in FORBIDDEN {
            assert!(!code.contains(word), "{}: the domain is pure, found `{word}`", file.display());
        }
    }
}

/// An account is opaque to the inner layers: they name no chat platform and none of its commands, except as the data of
/// their own tests.
#[test]
fn the_inner_layers_name_no_chat_platform() {
    for file in ["domain", "flows", "ports", "store", "text"].into_iter().flat_map(files_of) {
        if file.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (line, words) in before_tests.lines().enumerate() {
            let is_named = words.contains("slack") || words.contains("/elevate");
            assert!(!is_named, "{}:{}: names a platform: {words}", file.display(), line + 1);
        }
    }
}

/// What lays texts out has none of its own: no two words stand side by side in what it quotes.
#[test]
fn what_people_read_is_worded_in_one_place() {
    let layouts = [files_of("slack/views"), vec![PathBuf::from("src/web/pages.rs")]];
    for file in layouts.concat() {
        for quoted in code_of(&file).split('"').skip(1).step_by(2) {
            let chars: Vec<char> = quoted.chars().collect();
            let are_words =
                |near: &[char]| near[0].is_alphabetic() && near[1] == ' ' && near[2].is_alphabetic();
            assert!(!chars.windows(3).any(are_words), "{}: belongs into src/text: {quoted}", file.display());
        }
    }
}

/// Calls that make a proof, or reach out to the world, and the one place of each.
#[test]
fn proofs_are_made_and_effects_are_had_in_one_place_each() {
    let one_place: [(&str, &[&str]); 11] = [
        ("SignedIn::verified(", &["src/identity"]),
        ("HeldAccount::verified(", &["src/identity/slack.rs"]),
        ("FreshGroups::fetched(", &["src/identity"]),
        ("told.since(", &["src/flows/people/groups.rs", "src/domain/person.rs"]),
        (".once_committed(", &["src/flows/access/open_session.rs", "src/domain/session.rs"]),
        (".assume_role(", &["src/flows/access/open_session.rs", "src/aws.rs"]),
        (".console_url(", &["src/flows/access/open_session.rs", "src/aws.rs"]),
        (".scan(", &[]),
        (
            "tokio::time::sleep",
            &[
                "src/system.rs",
                "src/store/table.rs",
                "src/store/schema.rs",
                "src/flows/people/groups.rs",
                "src/aws.rs",
            ],
        ),
        ("reqwest::{Client", &["src/outbound.rs"]),
        ("std::env::", &["src/config"]),
    ];
    for (call, places) in one_place {
        for file in rust_files(Path::new("src")) {
            let is_allowed = places.iter().any(|place| file.to_string_lossy().starts_with(place));
            let in_code = code_of(&file).contains(call);
            assert!(is_allowed || !in_code, "{}: `{call}` belongs into {places:?}", file.display());
        }
    }
}

#[test]
fn the_manifest_asks_for_the_scopes_that_the_code_uses() {
    /// The bot scopes that each method takes (<https://docs.slack.dev/reference/methods>).
    const SCOPES_OF: [(&str, &[&str]); 9] = [
        ("auth.test", &[]),
        ("users.info", &["users:read", "users:read.email"]),
        ("conversations.info", &["channels:read", "groups:read"]),
        ("conversations.history", &["channels:history", "groups:history"]),
        ("conversations.open", &["im:write"]),
        ("chat.postMessage", &["chat:write"]),
        ("chat.postEphemeral", &["chat:write"]),
        ("chat.update", &["chat:write"]),
        ("views.open", &[]),
    ];
    let client = code_of(Path::new("src/slack/client.rs"));
    let called: BTreeSet<&str> =
        client.split('"').skip(1).step_by(2).filter(|text| is_method(text)).collect();
    let known: BTreeSet<&str> = SCOPES_OF.iter().map(|(method, _)| *method).collect();
    assert_eq!(called, known, "the methods that src/slack/client.rs calls");

    let mut needed: BTreeSet<&str> =
        SCOPES_OF.iter().flat_map(|(_, scopes)| scopes.iter().copied()).collect();
    needed.insert("commands");
    let manifest = yaml("manifests/slack-app.yaml");
    let asked: BTreeSet<&str> = texts(&manifest["oauth_config"]["scopes"]["bot"]).collect();
    assert_eq!(asked, needed);
}

#[test]
fn the_manifest_names_the_commands_and_addresses_that_the_code_serves() {
    let manifest = yaml("manifests/slack-app.yaml");
    let commands = manifest["features"]["slash_commands"].as_vec().unwrap();
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0]["command"].as_str(), Some("/elevate"));
    let routes = code_of(Path::new("src/slack/routes.rs"));
    let served = routes.split(".route(\"").skip(1).filter_map(|route| route.split('"').next());
    let named = [&commands[0]["url"], &manifest["settings"]["interactivity"]["request_url"]]
        .map(|url| url.as_str().unwrap().strip_prefix("https://elevate.example.com").unwrap());
    // Events are let pass, and none is asked for.
    assert_eq!(served.collect::<BTreeSet<_>>(), named.into_iter().chain(["/slack/events"]).collect());
    assert!(manifest["settings"]["event_subscriptions"].is_badvalue(), "no event is used");
}

#[test]
fn the_table_in_infra_is_the_one_in_the_code() {
    let template = yaml("infra/broker.yaml");
    let table = &template["Resources"]["Table"]["Properties"];
    assert_eq!(key_of(&table["KeySchema"]), (keys::PK, keys::SK));
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"].as_str(), Some(keys::TTL));
    assert_eq!(table["DeletionProtectionEnabled"].as_bool(), Some(true));
    let recovery = &table["PointInTimeRecoverySpecification"];
    assert_eq!(recovery["PointInTimeRecoveryEnabled"].as_bool(), Some(true));

    let indexes = table["GlobalSecondaryIndexes"].as_vec().unwrap();
    assert_eq!(indexes.len(), keys::INDEXES.len());
    for (there, here) in indexes.iter().zip(keys::INDEXES) {
        assert_eq!(there["IndexName"].as_str(), Some(here.name));
        assert_eq!(key_of(&there["KeySchema"]), (here.pk, here.sk));
        assert_eq!(there["Projection"]["ProjectionType"].as_str(), Some("KEYS_ONLY"));
    }
    let defined: BTreeSet<&str> = table["AttributeDefinitions"]
        .as_vec()
        .unwrap()
        .iter()
        .map(|attribute| attribute["AttributeName"].as_str().unwrap())
        .collect();
    let keyed = keys::INDEXES.iter().flat_map(|index| [index.pk, index.sk]).chain([keys::PK, keys::SK]);
    assert_eq!(defined, keyed.collect());
}

/// The role that the bot runs as reaches the target roles and nothing else, and nobody else writes to the table.
#[test]
fn the_templates_leave_the_broker_no_more_than_it_does() {
    let (broker, target) = (yaml("infra/broker.yaml"), yaml("infra/target-role.yaml"));
    for path in [&broker["Parameters"]["TargetRolePath"], &target["Parameters"]["RolePath"]] {
        assert_eq!(path["Default"].as_str(), Some("/elevate/"));
    }
    assert!(broker["Parameters"]["OrganizationId"]["Default"].is_badvalue(), "it must be chosen");

    let [writes, changes] =
        &broker["Resources"]["Table"]["Properties"]["ResourcePolicy"]["PolicyDocument"]["Statement"]
            .as_vec()
            .unwrap()[..]
    else {
        panic!("two statements")
    };
    let partitions = keys::HISTORY.map(|prefix| format!("{prefix}*"));
    let of = |statement: &Yaml| {
        let keys = texts(&statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]);
        let has_keys = statement["Condition"]["Null"]["dynamodb:LeadingKeys"].as_str() == Some("false");
        keys.eq(partitions.iter()) && has_keys
    };
    assert_eq!((changes["Effect"].as_str(), changes["Principal"].as_str()), (Some("Deny"), Some("*")));
    assert!(texts(&changes["Action"]).eq(CHANGES), "those that `create-table --broker-role` denies");
    assert!(of(changes), "history");
    assert_eq!((writes["Effect"].as_str(), writes["Principal"].as_str()), (Some("Deny"), Some("*")));
    assert!(texts(&writes["Action"]).eq(WRITES), "those that `create-table --broker-role` denies");
    assert!(!writes["Condition"]["ArnNotEquals"]["aws:PrincipalArn"].is_badvalue());

    let policies = broker["Resources"]["BrokerRole"]["Properties"]["Policies"].as_vec().unwrap();
    let denied = |name: &str| {
        let policy = policies.iter().find(|policy| policy["PolicyName"].as_str() == Some(name)).unwrap();
        let statements = policy["PolicyDocument"]["Statement"].as_vec().unwrap();
        // A statement that a condition of the template includes is the second of three.
        let statements = statements.iter().map(|one| if one["Effect"].is_badvalue() { &one[1] } else { one });
        statements.filter(|one| one["Effect"].as_str() == Some("Deny")).collect::<Vec<_>>()
    };
    let [history] = denied("table")[..] else { panic!("one denial for the table") };
    assert!(texts(&history["Action"]).eq(["dynamodb:DeleteItem", "dynamodb:UpdateItem"]));
    assert!(of(history), "history");
    let [own] = denied("target-roles")[..] else { panic!("one denial for roles") };
    let own = own["Resource"].as_str();
    assert_eq!(own, Some("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"));

    let trust = &target["Resources"]["TargetRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"];
    let tags = trust.as_vec().unwrap().iter().find(|one| one["Action"].as_str() == Some("sts:TagSession"));
    let condition = &tags.unwrap()["Condition"];
    assert_eq!(condition["ForAllValues:StringLike"]["aws:TagKeys"].as_str(), Some("elevate:*"));
    assert_eq!(condition["Null"]["sts:TransitiveTagKeys"].as_str(), Some("true"));
}

/// For each invariant the architecture names tests that hold it, and a break that one of them has seen.
#[test]
fn the_toolchain_is_the_oldest_that_the_product_promises_to_build_with() {
    let [toolchain, manifest] =
        ["rust-toolchain.toml", "Cargo.toml"].map(|file| fs::read_to_string(file).unwrap());
    let value = |file: &str, key: &str| {
        let line = file.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.unwrap().trim_matches('"').to_owned()
    };
    assert_eq!(value(&toolchain, "channel"), value(&manifest, "rust-version") + ".0");
}

#[test]
fn workflows_pin_what_they_use_to_a_commit() {
    for workflow in ["ci", "nightly"] {
        let workflow = fs::read_to_string(format!(".github/workflows/{workflow}.yml")).unwrap();
        for used in workflow.lines().filter_map(|line| line.trim().strip_prefix("- uses: ")) {
            let pin = used.split_once('@').and_then(|(_, pin)| pin.split_once(" # v"));
            let is_commit =
                |commit: &str| commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(pin.is_some_and(|(commit, _)| is_commit(commit)), "{used}");
        }
    }
}

#[test]
fn the_story_that_the_guide_explains_is_one_that_is_played() {
    let guide = fs::read_to_string("CONTRIBUTING.md").unwrap();
    let mut quoted =
        guide.split("<!-- code of ").skip(1).map(|part| part.split_once(" -->\n```rust\n").unwrap());
    let is_quoted = |(file, rest): (&str, &str)| {
        let code = rest.split_once("```").unwrap().0;
        fs::read_to_string(file).unwrap().contains(code)
    };
    assert_eq!(guide.matches("```rust").count(), 1);
    assert!(quoted.all(is_quoted), "CONTRIBUTING.md shows other code than its file has");
}

#[test]
fn the_tests_and_breaks_that_the_architecture_names_exist() {
    let code = code_with_tests();
    let architecture = fs::read_to_string("docs/ARCHITECTURE.md").unwrap();
    let invariants: Vec<&str> = (1..)
        .map_while(|number| architecture.lines().find(|line| line.starts_with(&format!("{number}. **"))))
        .collect();
    assert_eq!(invariants.len(), 17);
    for (invariant, number) in invariants.into_iter().zip(1..) {
        let tests = tests_named_in(invariant, &code);
        let named = quoted_in(invariant).last().unwrap();
        let patch = fs::read_to_string(format!("tests/mutations/{named}.patch")).expect(named);
        assert!(
            patch.lines().any(|line| line == format!("invariant: {number}")),
            "{named} breaks another one"
        );
        let mut kills = patch.lines().filter_map(|line| line.strip_prefix("kills: "));
        let is_named = |test: &str| tests.contains(&test.rsplit("::").next().unwrap_or_default());
        assert!(kills.any(is_named), "{named} is seen by none of {tests:?}");
    }
}

/// For each attack the policy names where it ends, and tests that try it.
#[test]
fn the_tests_and_files_that_the_security_policy_names_exist() {
    let code = code_with_tests();
    let policy = fs::read_to_string("SECURITY.md").unwrap();
    let rows: Vec<&str> = policy.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [attack, defence, tests] = cells[..] else { panic!("not three cells: {row}") };
        assert!(!tests_named_in(tests, &code).is_empty(), "no test is named for: {attack}");
        let mut files = quoted_in(defence).filter(|text| text.starts_with("src/")).peekable();
        assert!(files.peek().is_some(), "no file is named for: {attack}");
        for file in files {
            assert!(Path::new(file).is_file(), "there is no file {file}");
        }
    }
}

/// The tests that a document names in this passage, all of which exist.
fn tests_named_in<'a>(passage: &'a str, code: &str) -> Vec<&'a str> {
    let tests: Vec<&str> = quoted_in(passage).filter(|name| name.matches('_').count() >= 3).collect();
    for name in &tests {
        assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
    tests
}

fn quoted_in(passage: &str) -> impl Iterator<Item = &str> {
    passage.split('`').skip(1).step_by(2)
}

fn code_with_tests() -> String {
    let files = ["src", "tests/it"].map(|folder| rust_files(Path::new(folder))).concat();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// The modules of ours that a file names, other than through its own: `crate::a`, `super::a` of `slack`.
fn modules_used_in(file: &Path, module: &str) -> BTreeSet<String> {
    let code = code_of(file);
    let mut used = BTreeSet::new();
    for path in paths_after(&code, "crate::") {
        let mut names = path.split("::");
        let first = names.next().unwrap_or_default();
        let within = names.next().unwrap_or_default();
        used.insert(if first == "slack" { format!("slack/{within}") } else { first.to_owned() });
    }
    let is_top_of_slack = module.starts_with("slack/") && file.parent() == Some(Path::new("src/slack"));
    if is_top_of_slack {
        let siblings = paths_after(&code, "super::").into_iter();
        used.extend(siblings.filter_map(|path| {
            let first = path.split("::").next()?.to_owned();
            (first.starts_with(char::is_lowercase) && first != "super").then(|| format!("slack/{first}"))
        }));
    }
    used.retain(|name| name.starts_with(char::is_lowercase));
    used
}

/// Every path that follows `prefix`, with the groups of `use` taken apart: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths_after(code: &str, prefix: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
            expand("", &code[at + prefix.len()..], &mut paths);
        }
    }
    paths
}

/// Reads one path, or one group of them, at the start of `code`; hands back what follows it.
fn expand<'a>(prefix: &str, code: &'a str, paths: &mut Vec<String>) -> &'a str {
    let code = code.trim_start();
    if let Some(mut rest) = code.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            rest = expand(prefix, rest, paths).trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
    }
    let end =
        code.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':' && c != '*').unwrap_or(code.len());
    let (name, rest) = code.split_at(end);
    if let Some(stem) = name.strip_suffix("::") {
        return expand(&format!("{prefix}{stem}::"), rest, paths);
    }
    paths.push(format!("{prefix}{name}"));
    match rest.trim_start().strip_prefix("as ") {
        Some(alias) => alias.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'),
        None if name.is_empty() => &code[code.chars().next().map_or(0, char::len_utf8)..],
        None => rest,
    }
}

fn files_of(module: &str) -> Vec<PathBuf> {
    let alone = PathBuf::from(format!("src/{module}.rs"));
    let mut files = rust_files(Path::new(&format!("src/{module}")));
    if alone.exists() {
        files.push(alone);
    }
    assert!(!files.is_empty(), "there is no module {module}");
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// A file without its comments and its tests.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let is_test = file.file_name().is_some_and(|name| name == "tests.rs");
    let code = if is_test { "" } else { text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default() };
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_method(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
    text.split_once('.').is_some_and(|(family, name)| is_word(family) && is_word(name))
}

fn yaml(path: &str) -> Yaml {
    let text = fs::read_to_string(path).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

fn texts(list: &Yaml) -> impl Iterator<Item = &str> {
    list.as_vec().unwrap().iter().map(|item| item.as_str().unwrap())
}

fn key_of(schema: &Yaml) -> (&str, &str) {
    let attribute = |n: usize| schema[n]["AttributeName"].as_str().unwrap();
    assert_eq!(schema[0]["KeyType"].as_str(), Some("HASH"));
    assert_eq!(schema[1]["KeyType"].as_str(), Some("RANGE"));
    (attribute(0), attribute(1))
}
