//! What is never logged, whatever the operator asks for?

use tracing_subscriber::filter::{LevelFilter, Targets};

/// Libraries that log tokens, bodies or addresses, and the most that each may say.
const QUIET: [(&str, LevelFilter); 14] = [
    ("slack_morphism", LevelFilter::OFF),
    ("tungstenite", LevelFilter::OFF),
    ("tokio_tungstenite", LevelFilter::OFF),
    ("aws_config", LevelFilter::INFO),
    ("aws_sigv4", LevelFilter::INFO),
    ("aws_smithy_runtime", LevelFilter::INFO),
    ("aws_smithy_runtime_api", LevelFilter::INFO),
    ("aws_sdk_kms", LevelFilter::INFO),
    ("aws_sdk_secretsmanager", LevelFilter::INFO),
    ("aws_sdk_ssm", LevelFilter::INFO),
    ("aws_sdk_sts", LevelFilter::INFO),
    ("hyper_util", LevelFilter::INFO),
    ("reqwest", LevelFilter::INFO),
    ("h2", LevelFilter::INFO),
];

/// Lets nothing of them pass beyond that. It stands beside the operator's filter, so that no directive there, however
/// narrow, goes before it.
#[must_use]
pub fn most_verbose() -> Targets {
    Targets::new().with_default(LevelFilter::TRACE).with_targets(QUIET)
}
