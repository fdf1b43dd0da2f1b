//! Reconciliations on the wire.

use tonic::{Request, Response, Status};

use crate::grpc::contribution::INSTITUTION_MOST;
use crate::grpc::wire::date;
use crate::grpc::{Counter, at_least};
use crate::operation::caller::Role;
use crate::operation::contribution::reconcile::Line;
use crate::proto::v1;

/// Hexadecimal digits of a digest.
const DIGEST_DIGITS: usize = 64;

impl Counter {
    pub(super) async fn reconcile_collection_told(
        &self,
        request: Request<v1::ReconcileCollectionRequest>,
    ) -> Result<Response<v1::ReconcileCollectionResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        fields.at_most("institution", &message.institution, INSTITUTION_MOST);
        let own = message.institution.is_empty() && caller.role == Role::Collector;
        let institution = if own { caller.id.clone() } else { fields.text("institution", &message.institution) };
        let day = fields.day("business_date", message.business_date.as_ref());
        let digest = fields.text("digest", &message.digest).to_ascii_lowercase();
        if !digest.is_empty() && (digest.len() != DIGEST_DIGITS || !digest.bytes().all(|b| b.is_ascii_hexdigit())) {
            fields.invalid("digest", format!("must have {DIGEST_DIGITS} hexadecimal digits"));
        }
        if message.lines.len() > self.limits.reconciled_lines {
            fields.invalid("lines", format!("must be at most {}", self.limits.reconciled_lines));
        }
        let mut lines = Vec::new();
        for (index, line) in message.lines.iter().take(self.limits.reconciled_lines).enumerate() {
            lines.push(Line {
                reference: fields.text(&format!("lines[{index}].reference"), &line.reference),
                line: line.line,
                value_date: fields.day(&format!("lines[{index}].value_date"), line.value_date.as_ref()),
                amount: line.amount_riel,
            });
        }
        let shaped = fields.finish(Some((institution, day, lines)));
        let (institution, day, lines) = self.shaped(&caller, "ReconcileCollection", shaped).await?;
        let from = at_least(message.at_least_position);
        let reconciled = self.desk.reconcile_collection(&caller, &institution, day, lines, from).await;
        let reading = self.looked(&caller, "ReconcileCollection", reconciled).await?;
        let totals = &reading.answer.totals;
        let held = totals.digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (told, ours) = reading.answer.first_difference.clone().unwrap_or_default();
        Ok(Response::new(v1::ReconcileCollectionResponse {
            equal: (message.count, message.sum_riel, digest) == (totals.count, totals.sum, held.clone()),
            count: totals.count,
            sum_riel: totals.sum,
            digest: held,
            first_difference_told: told.map(line_message),
            first_difference_held: ours.map(line_message),
            position: self.position(reading.position),
        }))
    }
}

fn line_message(line: Line) -> v1::CollectionLine {
    v1::CollectionLine {
        reference: line.reference,
        line: line.line,
        value_date: Some(date(line.value_date)),
        amount_riel: line.amount,
    }
}
