//! Corrections of employments on the wire.

use krama_law::calendar::Day;
use tonic::{Request, Response, Status};

use crate::grpc::wire::{Fields, date, id_text, timestamp};
use crate::grpc::{Counter, at_least, member, outcome, status, ticket};
use crate::operation::caller::Caller;
use crate::operation::employment::amend::{Amendment, Corrected, Retraction};
use crate::operation::employment::named::Named;
use crate::operation::employment::rekey::{NoPayroll, Rekey};
use crate::operation::reading::AtLeast;
use crate::proto::google_type::Date;
use crate::proto::v1;

/// How an employment is named; two neighbours are told apart by the day on which one began.
fn named(fields: &mut Fields, employer: &str, number: &str, began_on: Option<&Date>) -> Named {
    let employer = fields.id("employer_id", employer);
    fields.at_most("employment_number", number, member::NUMBER_MOST);
    let number = fields.text("employment_number", number);
    Named { employer, number, first_day: fields.optional_day("began_on", began_on) }
}

/// The position that a correction replaces.
fn replaced(fields: &mut Fields, position: Option<v1::Position>) -> Option<AtLeast> {
    if position.is_none() {
        fields.missing("replaces");
    }
    at_least(position)
}

fn effect(corrected: &Corrected) -> v1::EmployerEffect {
    v1::EmployerEffect {
        reinstated: corrected.reinstated,
        benefits_from: corrected.benefits_from.map(date),
        needs_attention: false,
    }
}

impl Counter {
    /// The number of a position that must be of this ledger's epoch.
    async fn number_of(&self, caller: &Caller, method: &str, position: &AtLeast) -> Result<i64, Status> {
        let number = self.desk.of_this_epoch(position);
        self.looked(caller, method, number).await
    }

    pub(super) async fn amend_employment_told(
        &self,
        request: Request<v1::AmendEmploymentRequest>,
    ) -> Result<Response<v1::AmendEmploymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let (employer, number) = (&message.employer_id, &message.employment_number);
        let named = named(&mut fields, employer, number, message.began_on.as_ref());
        let replaces = replaced(&mut fields, message.replaces);
        let first_day: Day = fields.day("first_day", message.first_day.as_ref());
        let last_day = fields.optional_day("last_day", message.last_day.as_ref());
        let shaped = fields.finish(replaces);
        let replaces = self.shaped(&caller, "AmendEmployment", shaped).await?;
        let replaces = self.number_of(&caller, "AmendEmployment", &replaces).await?;
        let amendment = Amendment { named, replaces, first_day, last_day };
        let recorded = self.desk.amend_employment(&caller, ticket, amendment).await.map_err(|f| status::of(&f))?;
        let corrected = &recorded.reply;
        Ok(Response::new(v1::AmendEmploymentResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            employment_id: id_text(corrected.employment),
            effect: Some(effect(corrected)),
            standing_changes: self.standing_changes(caller.role, &corrected.changes),
        }))
    }

    pub(super) async fn retract_employment_told(
        &self,
        request: Request<v1::RetractEmploymentRequest>,
    ) -> Result<Response<v1::RetractEmploymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let (employer, number) = (&message.employer_id, &message.employment_number);
        let named = named(&mut fields, employer, number, message.began_on.as_ref());
        let replaces = replaced(&mut fields, message.replaces);
        let shaped = fields.finish(replaces);
        let replaces = self.shaped(&caller, "RetractEmployment", shaped).await?;
        let replaces = self.number_of(&caller, "RetractEmployment", &replaces).await?;
        let retraction = Retraction { named, replaces };
        let recorded = self.desk.retract_employment(&caller, ticket, retraction).await.map_err(|f| status::of(&f))?;
        let corrected = &recorded.reply;
        Ok(Response::new(v1::RetractEmploymentResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            employment_id: id_text(corrected.employment),
            effect: Some(effect(corrected)),
            standing_changes: self.standing_changes(caller.role, &corrected.changes),
        }))
    }

    pub(super) async fn rekey_employment_told(
        &self,
        request: Request<v1::RekeyEmploymentRequest>,
    ) -> Result<Response<v1::RekeyEmploymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let (employer, number) = (&message.employer_id, &message.employment_number);
        let named = named(&mut fields, employer, number, message.began_on.as_ref());
        fields.at_most("new_employment_number", &message.new_employment_number, member::NUMBER_MOST);
        let new_number = fields.text("new_employment_number", &message.new_employment_number);
        if !new_number.is_empty() && new_number == named.number {
            fields.invalid("new_employment_number", "must be another one than employment_number");
        }
        let rekey = self.shaped(&caller, "RekeyEmployment", fields.finish(Some(Rekey { named, new_number }))).await?;
        let recorded = self.desk.rekey_employment(&caller, ticket, rekey).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::RekeyEmploymentResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            employment_id: id_text(recorded.reply),
        }))
    }

    pub(super) async fn report_no_payroll_told(
        &self,
        request: Request<v1::ReportNoPayrollRequest>,
    ) -> Result<Response<v1::ReportNoPayrollResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let employer = fields.id("employer_id", &message.employer_id);
        let month = fields.month("month", &message.month);
        let shaped = fields.finish(month.map(|month| NoPayroll { employer, month }));
        let report = self.shaped(&caller, "ReportNoPayroll", shaped).await?;
        let recorded = self.desk.report_no_payroll(&caller, ticket, report).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::ReportNoPayrollResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
        }))
    }
}
