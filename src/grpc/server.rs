//! The server: services in their layers, health, reflection, and an end that comes within a deadline.
//!
//! A client that holds a connection half open must not keep the server from stopping: after the drain deadline
//! what is still open is dropped. Absent: signals, files and the choice of a law.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use krama_documents::catalogue::{Catalogue, Language};
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config;
use crate::grpc::gate::{Gate, Matrix};
use crate::grpc::{Counter, Limits};
use crate::operation::Desk;
use crate::proto::sandbox::sandbox_service_server::SandboxServiceServer;
use crate::proto::v1::change_service_server::ChangeServiceServer;
use crate::proto::v1::contribution_service_server::ContributionServiceServer;
use crate::proto::v1::coverage_service_server::CoverageServiceServer;
use crate::proto::v1::employment_service_server::EmploymentServiceServer;
use crate::proto::v1::member_service_server::MemberServiceServer;
use crate::proto::v1::policy_service_server::PolicyServiceServer;
use crate::proto::{DESCRIPTORS, v1};

/// How often an idle connection is asked whether it still lives, and how long it may take to say so.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long a stopping server tells the health check so before it closes its door.
const LAME_DUCK: Duration = Duration::from_millis(100);

/// A server that is running.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    draining: watch::Sender<bool>,
    health: HealthReporter,
    /// Whose health is told: each service's, and the server's under the empty name.
    names: Vec<&'static str>,
    close: oneshot::Sender<()>,
    served: JoinHandle<Result<(), tonic::transport::Error>>,
    drain: Duration,
}

/// The counter of a desk, by the configuration.
pub(super) fn counter(desk: Arc<Desk>, config: &config::Config, draining: watch::Receiver<bool>) -> Counter {
    let limits = Limits {
        text_bytes: config.limits.text_bytes,
        amount_riel: config.limits.amount_riel,
        page_default: config.limits.page_default,
        page_most: config.limits.page_most,
        message_bytes: config.limits.message_bytes,
        batch_records: config.limits.batch_records,
        all_or_none_records: config.limits.all_or_none_records,
        preview_records: config.limits.preview_records,
        stream_records: config.limits.stream_records,
        results_unread: Duration::from_millis(config.limits.results_unread_milliseconds),
        excuse_months_most: config.limits.excuse_months_most,
        standing_changes: config.limits.standing_changes,
        reconciled_lines: config.limits.reconciled_lines,
        feed_positions: config.limits.feed_positions,
        heartbeat: Duration::from_millis(config.limits.heartbeat_milliseconds),
    };
    let catalogues = Arc::new(Language::ALL.map(Catalogue::new));
    Counter { desk, limits, catalogues, draining }
}

/// Serves a desk on a listener.
///
/// # Errors
/// The contract lacks roles for an RPC, or the address of the listener cannot be told.
pub async fn serve(desk: Arc<Desk>, listener: TcpListener, config: &config::Config) -> anyhow::Result<Serving> {
    let address = listener.local_addr()?;
    let (draining, drains) = watch::channel(false);
    let gate = Gate {
        matrix: Arc::new(Matrix::read(DESCRIPTORS)?),
        desk: desk.clone(),
        sandbox: config.sandbox.enabled,
        longest: Duration::from_millis(config.limits.call_milliseconds),
        message_bytes: config.limits.message_bytes,
        draining: drains.clone(),
    };
    let counter = counter(desk, config, drains);
    let bytes = config.limits.message_bytes;
    // The bounds and the compression of messages are each service's own.
    macro_rules! service {
        ($server:ident) => {
            $server::new(counter.clone()).accept_compressed(Gzip).send_compressed(Gzip).max_decoding_message_size(bytes)
        };
    }
    let (health, health_service) = tonic_health::server::health_reporter();
    let mut names = vec![
        v1::member_service_server::SERVICE_NAME,
        v1::contribution_service_server::SERVICE_NAME,
        v1::employment_service_server::SERVICE_NAME,
        v1::coverage_service_server::SERVICE_NAME,
        v1::policy_service_server::SERVICE_NAME,
        v1::change_service_server::SERVICE_NAME,
    ];
    if config.sandbox.enabled {
        names.push(crate::proto::sandbox::sandbox_service_server::SERVICE_NAME);
    }
    names.push("");
    for name in &names {
        health.set_service_status(name, ServingStatus::Serving).await;
    }
    let served_contract = contract(config.sandbox.enabled)?;
    let router = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .max_concurrent_streams(Some(config.limits.calls_per_connection))
        .layer(gate)
        .add_service(health_service.accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(reflection(&served_contract, &names)?.build_v1()?.accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(
            reflection(&served_contract, &names)?.build_v1alpha()?.accept_compressed(Gzip).send_compressed(Gzip),
        )
        .add_service(service!(MemberServiceServer))
        .add_service(service!(ContributionServiceServer))
        .add_service(service!(EmploymentServiceServer))
        .add_service(service!(CoverageServiceServer))
        .add_service(service!(PolicyServiceServer))
        .add_service(service!(ChangeServiceServer))
        .add_optional_service(config.sandbox.enabled.then(|| service!(SandboxServiceServer)));
    let (close, closed) = oneshot::channel();
    // Small answers must not wait for company.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let served = tokio::spawn(router.serve_with_incoming_shutdown(incoming, async {
        // An end that nobody asked for counts as asked for.
        drop(closed.await);
    }));
    let drain = Duration::from_secs(config.server.drain_seconds);
    Ok(Serving { address, draining, health, names, close, served, drain })
}

/// A set of descriptors whose files stay as they were encoded: decoded ones lose the options that declare roles.
#[derive(prost::Message)]
struct EncodedFiles {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// The descriptors of the contract, as far as it is served: outside a sandbox nothing speaks of one.
fn contract(sandbox: bool) -> anyhow::Result<Vec<u8>> {
    let mut files = EncodedFiles::decode(DESCRIPTORS)?;
    let package =
        |file: &Vec<u8>| FileDescriptorProto::decode(file.as_slice()).unwrap_or_default().package.unwrap_or_default();
    files.file.retain(|file| sandbox || !package(file).starts_with("krama.sandbox"));
    Ok(files.encode_to_vec())
}

/// Reflection with the descriptors of the contract and of what errors carry.
fn reflection<'a>(contract: &'a [u8], names: &[&'static str]) -> anyhow::Result<tonic_reflection::server::Builder<'a>> {
    let mut builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(contract)
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health");
    for name in names.iter().filter(|name| !name.is_empty()) {
        builder = builder.with_service_name(*name);
    }
    Ok(builder)
}

impl Serving {
    /// Stops: tells the health check, refuses new calls, waits for those under way, and drops what is still open
    /// when the drain deadline has passed.
    pub async fn stop(self) {
        for name in &self.names {
            self.health.set_service_status(name, ServingStatus::NotServing).await;
        }
        self.draining.send_replace(true);
        tokio::time::sleep(LAME_DUCK).await;
        // When the server has ended already there is nobody left to tell.
        let _ = self.close.send(());
        let mut served = self.served;
        match tokio::time::timeout(self.drain, &mut served).await {
            Ok(Ok(Ok(()))) => tracing::info!("every call has ended"),
            Ok(Ok(Err(error))) => tracing::error!(error = &error as &dyn std::error::Error, "the server failed"),
            Ok(Err(error)) => tracing::error!(error = &error as &dyn std::error::Error, "the server failed"),
            Err(_) => {
                tracing::warn!("some connections were still open at the drain deadline and are dropped");
                served.abort();
            }
        }
    }
}
