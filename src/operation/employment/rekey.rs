//! Another number for the same employment, and months for which an employer has no payroll.
//!
//! Neither is a fact of a life: no day, no month and no cover changes. Absent: corrections of days.

use krama_law::calendar::{Moment, Month};

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::employment::may_report;
use crate::operation::employment::named::{Named, are_apart, days_held};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::employment::EmploymentRow;
use crate::store::rekey::{NoPayrollRow, RekeyRow};
use crate::store::seal::Vault;

/// Another number for an employment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rekey {
    /// Which employment.
    pub named: Named,
    /// The number that it bears from now on.
    pub new_number: String,
}

/// That an employer has no payroll for a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoPayroll {
    /// The employer.
    pub employer: i64,
    /// The month.
    pub month: Month,
}

impl Desk {
    /// Gives an employment another number.
    ///
    /// # Errors
    /// The caller may not report for the employer, there is no such employment, or another stands under the number.
    pub async fn rekey_employment(
        &self,
        caller: &Caller,
        ticket: Ticket,
        rekey: Rekey,
    ) -> Result<Written<i64>, Failure> {
        self.writer.submit(caller, ticket, rekey).await
    }

    /// Records that an employer has no payroll for a month.
    ///
    /// # Errors
    /// The caller may not report for the employer, or the month lies ahead.
    pub async fn report_no_payroll(
        &self,
        caller: &Caller,
        ticket: Ticket,
        report: NoPayroll,
    ) -> Result<Written<()>, Failure> {
        self.writer.submit(caller, ticket, report).await
    }
}

impl Act for Rekey {
    type Reply = i64;
    const METHOD: Method = Method::RekeyEmployment;

    fn content(&self, content: &mut Content) {
        content.number(self.named.employer);
        content.text(&self.named.number);
        content.optional(self.named.first_day.map(|first| i64::from(first.0)));
        content.text(&self.new_number);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        let employer = self.named.employer;
        needs.employers.push(employer);
        needs.employments.push((employer, self.named.number.clone()));
        needs.employments.push((employer, self.new_number.clone()));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (employer, known) = (self.named.employer, stage.known);
        may_report(caller, employer, page, stage.today())?;
        let Some(row) = self.named.find(page, known) else {
            // A number that it bore before: perhaps this very command took it away.
            if let Some((row, rekey)) = self.done_before(page) {
                let (position, known) = (rekey.position, Moment(rekey.known_at));
                return Ok(Decided::Repeated {
                    position,
                    accepted: Accepted { known, subject: row.member, fact: Some(row.id) },
                });
            }
            let number = self.named.number.clone();
            return Err(Refusal::EmploymentNotFound { employer, number }.into());
        };
        let own = days_held(row, page, known).ok_or(Refusal::EmploymentRetracted { employment: row.id })?;
        let others = page.employments(employer, &self.new_number).iter();
        for other in others.filter(|other| other.id != row.id && page.number_of(other) == self.new_number) {
            let Some(days) = days_held(other, page, known) else { continue };
            if !are_apart(days, own) {
                return Err(Refusal::EmploymentAlreadyOpen { employment: other.id, first_day: days.from }.into());
            }
        }
        let rekey = RekeyRow {
            position: stage.position,
            known_at: known.0,
            employment: row.id,
            employer,
            number: self.new_number.clone(),
        };
        let (subject, fact) = (row.member, Some(row.id));
        Ok(Decided::New { rows: Rows { rekeys: vec![rekey], ..Rows::default() }, subject, fact })
    }

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, accepted: &Accepted) -> i64 {
        accepted.fact.unwrap_or_default()
    }
}

impl Rekey {
    fn done_before<'a>(&self, page: &'a Page) -> Option<(&'a EmploymentRow, &'a RekeyRow)> {
        let bore = page.employments(self.named.employer, &self.named.number).iter();
        // It is this command only where the number was taken away by the last one, and not by one before it.
        let done = bore.filter_map(|row| {
            let (last, earlier) = page.rekeys(row.id).split_last()?;
            let before = earlier.last().map_or(&row.number, |rekey| &rekey.number);
            (*before == self.named.number && last.number == self.new_number).then_some((row, last))
        });
        done.max_by_key(|(_, rekey)| rekey.position)
    }
}

impl Act for NoPayroll {
    type Reply = ();
    const METHOD: Method = Method::ReportNoPayroll;

    fn content(&self, content: &mut Content) {
        content.number(self.employer);
        content.number(i64::from(self.month.0));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.employers.push(self.employer);
        needs.no_payroll.push((self.employer, self.month.0));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (employer, today) = (self.employer, stage.today());
        may_report(caller, employer, page, today)?;
        if let Some(held) = page.no_payroll(employer, self.month.0) {
            let accepted = Accepted { known: Moment(held.known_at), subject: Some(employer), fact: None };
            return Ok(Decided::Repeated { position: held.position, accepted });
        }
        let (day, latest) = (self.month.first_day(), today.month().last_day());
        if day > latest {
            return Err(Refusal::DayInFuture { field: "month", day, latest }.into());
        }
        let row = NoPayrollRow { position: stage.position, known_at: stage.known.0, employer, month: self.month.0 };
        let rows = Rows { no_payroll: vec![row], ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(employer), fact: None })
    }

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, _accepted: &Accepted) {}
}
