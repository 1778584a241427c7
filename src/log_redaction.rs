//! What is never logged, whatever log filter the operator sets.

use tracing_subscriber::filter::{LevelFilter, Targets};

/// Libraries that log tokens, bodies or addresses, with the highest level that each may log.
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

/// Blocks their records above that level. It is applied in addition to the operator's filter, so that no directive in
/// that filter, however specific, overrides it.
#[must_use]
pub fn most_verbose() -> Targets {
    Targets::new().with_default(LevelFilter::TRACE).with_targets(QUIET)
}
