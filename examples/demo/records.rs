//! What the product has written down, read from its own rows: for people who look behind the scenes.

use std::collections::BTreeMap;

use axum::{Json, extract::State, http::StatusCode};
use elevate::{
    domain::{
        request::{Event, Recorded, Request, Status},
        window::Timestamp,
    },
    store::keys,
};
use sandbox::example_corp::Company;
use serde_json::{Value, json};

/// The table's name where the configuration says nothing else.
const TABLE: &str = "elevate";

/// `GET /api/records`.
pub(crate) async fn told(State(company): State<Company>) -> Result<Json<Value>, StatusCode> {
    let rows = company.dynamo.rows(TABLE).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let rows = rows.iter().map(Row);
    let mut histories: BTreeMap<String, Vec<Recorded>> = BTreeMap::new();
    let (mut linked, mut others) = (Vec::new(), Vec::new());
    for row in rows {
        match row.text(keys::PK).split('#').collect::<Vec<_>>()[..] {
            ["REQ", id] if row.text(keys::SK).starts_with("EVENT#") => {
                histories.entry(id.to_owned()).or_default().extend(row.event());
            }
            ["ACCOUNT", account] if row.text(keys::SK) == "META" => {
                linked.extend(account.rsplit('/').next().map(str::to_owned));
            }
            ["ACCOUNT", _] if row.text(keys::SK).starts_with("EVENT#") => others.push(row.body()),
            _ => {}
        }
    }
    for events in histories.values_mut() {
        events.sort_by_key(|event| event.number);
    }
    others.sort_by(|one, other| one["at"].as_str().cmp(&other["at"].as_str()));
    let newest = histories.values().max_by_key(|events| events.first().map(|event| event.at));
    Ok(Json(json!({
        "linked": linked,
        "done": newest.map(|events| done(events)).unwrap_or_default(),
        "requests": histories.values().filter_map(|events| request(events, company.clock.now())).collect::<Vec<_>>(),
        "others": others.iter().map(|body| shown(body["at"].clone(), body["what"].clone(), body)).collect::<Vec<_>>(),
    })))
}

/// A row of the table.
struct Row<'a>(&'a Value);

impl<'a> Row<'a> {
    fn text(&self, attribute: &str) -> &'a str {
        self.0[attribute]["S"].as_str().unwrap_or_default()
    }

    fn body(&self) -> Value {
        serde_json::from_str(self.text("body")).unwrap_or_default()
    }

    fn event(&self) -> Option<Recorded> {
        serde_json::from_str(self.text("body")).ok()
    }
}

/// How far a story has come.
fn done(events: &[Recorded]) -> Vec<&'static str> {
    let step = |recorded: &Recorded| match recorded.what {
        Event::Requested { .. } => Some("asked"),
        Event::Approved { .. } => Some("approved"),
        Event::SessionIssued { .. } => Some("opened"),
        Event::Rejected { .. }
        | Event::Withdrawn
        | Event::Expired
        | Event::Ended { .. }
        | Event::SessionIssuing { .. }
        | Event::SessionDropped { .. }
        | Event::SessionRefused { .. }
        | Event::SessionUnknown { .. } => None,
    };
    events.iter().filter_map(step).collect()
}

/// A request with its events, and until when access is open, if it is.
fn request(events: &[Recorded], now: Timestamp) -> Option<Value> {
    let request = Request::replayed(events)?;
    let status = request.status_at(now);
    let until = match &status {
        Status::Approved { window, .. } => Some(window.ends()),
        Status::Requested
        | Status::Rejected { .. }
        | Status::Withdrawn { .. }
        | Status::Expired
        | Status::Ended { .. } => None,
    };
    let told = events.iter().filter_map(|event| {
        let body = serde_json::to_value(event).ok()?;
        Some(shown(json!(event.at), body["what"].clone(), &body))
    });
    Some(json!({
        "id": request.id,
        "title": format!("{} for {}", request.target, request.duration),
        "status": status.word(),
        "until": until,
        "events": told.collect::<Vec<_>>(),
    }))
}

fn shown(at: Value, event: Value, body: &Value) -> Value {
    json!({ "at": at, "event": event, "body": body })
}
