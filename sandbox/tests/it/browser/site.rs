//! Small sites made for one test each.

use axum::{
    Router,
    http::{HeaderMap, header},
    response::Html,
    routing::get,
};
use sandbox::http;

/// Serves `routes`, and beside them `/echo`, which tells what the browser sent.
pub(super) async fn site(routes: Router) -> String {
    let routes = routes.route("/echo", get(echo).post(echo)).route("/somewhere/below", get(echo));
    let (listener, address) = http::listen(0).await.unwrap();
    http::serve(listener, routes);
    format!("http://{address}")
}

async fn echo(headers: HeaderMap, body: String) -> String {
    let told = ["origin", "sec-fetch-site", "sec-fetch-user", "sec-purpose", "cookie"];
    let heard =
        told.iter().filter_map(|name| Some(format!("{name}: {}", headers.get(*name)?.to_str().ok()?)));
    heard.chain([body]).collect::<Vec<_>>().join("\n")
}

/// A site whose `/` sets `cookie`.
pub(super) async fn site_that_sets(cookie: &'static str) -> String {
    site(Router::new().route("/", get(move || async move { [(header::SET_COOKIE, cookie)] }))).await
}

/// A site whose `/` is `page`.
pub(super) async fn site_with(page: &'static str) -> String {
    site(Router::new().route("/", get(move || async move { Html(page) }))).await
}

pub(super) fn on_localhost(url: &str) -> String {
    url.replace("127.0.0.1", "localhost")
}
