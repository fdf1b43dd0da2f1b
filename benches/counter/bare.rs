//! What the service is held against: tonic that answers at once, and tonic that answers after one lookup by sea-orm.
//!
//! Both take the same question, answer with a message of the same size, and have no gate before them. Neither compares a
//! second fact, opens a seal, asks what time it is or says at which position its answer was true. Absent: the service.

use std::net::SocketAddr;
use std::path::Path;

use krama::proto::v1;
use krama::proto::v1::coverage_service_server::{CoverageService, CoverageServiceServer};
use krama::store::connection::Store;
use krama::store::person::identifier_hash;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// The number under which the ledger keeps national identity numbers.
const NATIONAL_ID: i16 = 1;
/// The person and the row of standing that are kept under a number.
const LOOKUP: &str = "SELECT person.sealed, standing.* FROM identifier \
     JOIN person ON person.member = identifier.member AND person.position = \
     (SELECT max(newest.position) FROM person AS newest WHERE newest.member = identifier.member) \
     JOIN standing ON standing.member = identifier.member WHERE identifier.hash = $1";

/// Where the lookups go.
pub(crate) struct Lookup {
    ledger: DatabaseConnection,
    /// For the keyed hash of a number.
    store: Store,
}

impl Lookup {
    /// Connects to the ledger of a file or of an address, as often as the service does to read.
    pub(crate) async fn open(url: &str, file: &Path, readers: u32, store: Store) -> Lookup {
        let mut options = ConnectOptions::new(if url.is_empty() { "sqlite://ledger" } else { url });
        let file = file.to_owned();
        options.max_connections(readers).sqlx_logging(false).test_before_acquire(!url.is_empty());
        options.map_sqlx_sqlite_opts(move |defaults| defaults.filename(&file).pragma("query_only", "1"));
        Lookup { ledger: Database::connect(options).await.expect("the ledger can be reached"), store }
    }
}

/// A service that decides nothing.
struct Bare {
    answer: v1::CheckCoverageResponse,
    lookup: Option<Lookup>,
}

/// Serves it; answers where.
pub(crate) async fn serve(answer: v1::CheckCoverageResponse, lookup: Option<Lookup>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder().add_service(CoverageServiceServer::new(Bare { answer, lookup }));
    tokio::spawn(server.serve_with_incoming(incoming));
    address
}

#[tonic::async_trait]
impl CoverageService for Bare {
    async fn check_coverage(
        &self,
        request: Request<v1::CheckCoverageRequest>,
    ) -> Result<Response<v1::CheckCoverageResponse>, Status> {
        let Some(Lookup { ledger, store }) = &self.lookup else { return Ok(Response::new(self.answer.clone())) };
        let number = request.into_inner().identifier.unwrap_or_default().value;
        let hash = identifier_hash(store.vault(), NATIONAL_ID, &number).to_vec();
        let sql = Statement::from_sql_and_values(ledger.get_database_backend(), LOOKUP, [hash.into()]);
        let row = ledger.query_one_raw(sql).await.expect("the ledger answers").expect("somebody has the number");
        let sealed: Vec<u8> = row.try_get("", "sealed").expect("a person");
        let covers: Vec<u8> = row.try_get("", "covers").expect("covers");
        let mut answer = self.answer.clone();
        answer.covered = !sealed.is_empty() && !covers.is_empty();
        Ok(Response::new(answer))
    }

    async fn batch_check_coverage(
        &self,
        _: Request<v1::BatchCheckCoverageRequest>,
    ) -> Result<Response<v1::BatchCheckCoverageResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    type ForecastCoverageStream = tokio_stream::Empty<Result<v1::ForecastCoverageResponse, Status>>;

    async fn forecast_coverage(
        &self,
        _: Request<v1::ForecastCoverageRequest>,
    ) -> Result<Response<Self::ForecastCoverageStream>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn serve_notice(
        &self,
        _: Request<v1::ServeNoticeRequest>,
    ) -> Result<Response<v1::ServeNoticeResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn record_notice_delivery(
        &self,
        _: Request<v1::RecordNoticeDeliveryRequest>,
    ) -> Result<Response<v1::RecordNoticeDeliveryResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn explain_coverage(
        &self,
        _: Request<v1::ExplainCoverageRequest>,
    ) -> Result<Response<v1::ExplainCoverageResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn confirm_lapse(
        &self,
        _: Request<v1::ConfirmLapseRequest>,
    ) -> Result<Response<v1::ConfirmLapseResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn waive_lapse(&self, _: Request<v1::WaiveLapseRequest>) -> Result<Response<v1::WaiveLapseResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }
}
