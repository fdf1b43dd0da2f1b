//! Many questions of a hospital in one call, each answered or refused by itself.

use tonic::{Request, Response, Status};

use crate::grpc::coverage::check;
use crate::grpc::{Counter, at_least, batch, status};
use crate::operation::reading::Reading;
use crate::proto::v1;

const METHOD: &str = "BatchCheckCoverage";

impl Counter {
    pub(super) async fn batch_check(
        &self,
        request: Request<v1::BatchCheckCoverageRequest>,
    ) -> Result<Response<v1::BatchCheckCoverageResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let most = self.limits.batch_records;
        if message.checks.len() > most {
            self.desk.note_refusal(Some(&caller), METHOD, "REQUEST_TOO_LARGE").await;
            return Err(status::too_many(most));
        }
        let mut fields = self.fields();
        if message.checks.is_empty() {
            fields.missing("checks");
        }
        for (index, check) in message.checks.iter().enumerate() {
            if check.at_least_position.is_some() {
                let rule = "must be absent in a batch; at_least_position of the batch holds for all";
                fields.invalid(&format!("checks[{index}].at_least_position"), rule);
            }
        }
        self.shaped(&caller, METHOD, fields.finish(Some(()))).await?;
        let today = self.desk.today();
        let shaped: Vec<_> = message.checks.iter().map(|told| check(self.fields(), today, told)).collect();
        let checks: Vec<_> = shaped.iter().filter_map(|shaped| shaped.as_ref().ok().cloned()).collect();
        let answered = self.desk.check_many(&checks, at_least(message.at_least_position)).await;
        let Reading { position, answer } = self.looked(&caller, METHOD, answered).await?;
        let mut answers = answer.into_iter();
        let results = shaped.into_iter().map(|shaped| {
            let answered = shaped.and_then(|_| match answers.next() {
                Some(Ok(answer)) => Ok(self.checked(&Reading { position, answer })),
                Some(Err(failure)) => Err(status::of(&failure)),
                None => Err(Status::internal("a question was left without an answer")),
            });
            match answered {
                Ok(answer) => v1::CheckResult { answer: Some(answer), refusal: None },
                Err(refused) => v1::CheckResult { answer: None, refusal: Some(batch::refusal(&refused)) },
            }
        });
        let results = results.collect();
        Ok(Response::new(v1::BatchCheckCoverageResponse { results, position: self.position(position) }))
    }
}
