//! Telemetry: log lines on standard error and traces by OTLP, both filtered, neither with personal data.
//!
//! Spans carry the method, the role and the outcome of a call. Absent on purpose: names, numbers, amounts, ids of
//! members, and request bodies.

use std::io::IsTerminal as _;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::Telemetry;

/// Keeps the export of traces alive; `flush` sends what is left.
#[derive(Debug)]
pub struct Guard {
    provider: Option<SdkTracerProvider>,
}

/// Starts logging, and tracing where a collector is configured.
///
/// # Errors
/// The log filter or the collector's address is malformed, or telemetry was started before.
pub fn start(config: &Telemetry) -> anyhow::Result<Guard> {
    let filter = EnvFilter::try_new(&config.log)?;
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = if config.json { lines.json().boxed() } else { lines.boxed() };
    let mut provider = None;
    let mut traces = None;
    if !config.otlp_endpoint.is_empty() {
        let exporter =
            opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(&config.otlp_endpoint).build()?;
        let made = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
        // Without a filter of its own this layer would see every span of every library.
        let layer = tracing_opentelemetry::layer().with_tracer(made.tracer("krama"));
        traces = Some(layer.with_filter(EnvFilter::try_new("krama=info")?));
        provider = Some(made);
    }
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces).try_init()?;
    Ok(Guard { provider })
}

impl Guard {
    /// Sends what is left. Waits for the collector, so it is called when all calls have ended.
    pub async fn flush(self) {
        if let Some(provider) = self.provider {
            // The exporter blocks while it sends; a worker of the runtime must not.
            let flushed = tokio::task::spawn_blocking(move || provider.shutdown()).await;
            if !matches!(flushed, Ok(Ok(()))) {
                tracing::warn!("some traces could not be sent before the end");
            }
        }
    }
}
