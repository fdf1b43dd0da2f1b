//! SandboxService on the wire: the clock that an integrator moves. It is served in a sandbox only.

use krama_law::calendar::Moment;
use tonic::{Request, Response, Status};

use crate::grpc::Counter;
use crate::grpc::wire::{date, timestamp};
use crate::proto::sandbox::sandbox_service_server::SandboxService;
use crate::proto::sandbox::{GetClockRequest, GetClockResponse, MoveClockRequest, MoveClockResponse};

#[tonic::async_trait]
impl SandboxService for Counter {
    async fn get_clock(&self, request: Request<GetClockRequest>) -> Result<Response<GetClockResponse>, Status> {
        let (caller, _) = Counter::admit(request)?;
        let now = self.looked(&caller, "GetClock", self.desk.now().await).await?;
        Ok(Response::new(GetClockResponse { now: Some(timestamp(now)), today: Some(date(now.day())) }))
    }

    async fn move_clock(&self, request: Request<MoveClockRequest>) -> Result<Response<MoveClockResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        if message.to.is_none() {
            fields.missing("to");
        }
        let to = fields.optional_moment("to", message.to.as_ref());
        let to: Moment = self.shaped(&caller, "MoveClock", fields.finish(to)).await?;
        let now = self.looked(&caller, "MoveClock", self.desk.move_clock(&caller, to).await).await?;
        Ok(Response::new(MoveClockResponse { now: Some(timestamp(now)), today: Some(date(now.day())) }))
    }
}
