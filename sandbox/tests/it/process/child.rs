//! A stand-in in a process of its own, and somebody who asks it things.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// A running stand-in. It ends with the test.
pub(super) struct Process {
    child: Child,
    pub(super) url: String,
    pub(super) http: Client,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a stand-in says that does not get to serve.
pub(super) fn failed(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

impl Process {
    pub(super) fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url, http: Client::new() }
    }

    pub(super) fn port(&self) -> &str {
        self.url.strip_prefix("http://127.0.0.1:").unwrap()
    }

    /// Asks the process to end, and waits until it has.
    pub(super) fn stop(mut self, signal: &str) -> ExitStatus {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self.child.wait().unwrap()
    }

    /// Asks something of the control API; hands back how it went.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.http.request(method, format!("{}/control/{path}", self.url));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        accepted(self.ask(Method::GET, path, None).await)
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        accepted(self.ask(Method::POST, path, Some(body)).await)
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Value {
        accepted(self.ask(Method::PUT, path, Some(body)).await)
    }

    /// The status and the sentence with which a POST is refused.
    pub(super) async fn refuses(&self, path: &str, body: Value) -> (u16, String) {
        refused(self.ask(Method::POST, path, Some(body)).await)
    }

    /// Calls a method of Slack's Web API, as the bot.
    pub(super) async fn bot_calls(&self, method: &str, arguments: Value) -> Value {
        let request = self.http.post(format!("{}/api/{method}", self.url));
        let request = request.bearer_auth("xoxb-example-bot-token").json(&arguments);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
        answer
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn accepted((status, answer): (StatusCode, Value)) -> Value {
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

pub(super) fn refused((status, answer): (StatusCode, Value)) -> (u16, String) {
    assert!(status.is_client_error(), "{status} {answer}");
    let error = answer["error"].as_str().unwrap().to_owned();
    assert_eq!(answer, json!({ "error": error }));
    (status.as_u16(), error)
}
