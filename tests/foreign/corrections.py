"""Corrections: what was reported wrongly is told again, and what waits finds its place.

These chapters come last, when the vendor has left her employment. Deliberately absent: whatever the ledger refuses.
"""

from reflected import caller, date, day, fresh
from scene import BANK, BIRTH_DATE, CONTRIBUTIONS, EMPLOYMENTS, KHMER_NAME, MEMBERS, OFFICER, PAYROLL, PRICE, Scene

CLERK = caller("OFFICER", "desk-5", "correction")
SUPERVISOR = caller("SUPERVISOR", "desk-9", "correction")
# SHA-256 of nothing, which is what a day without payments holds.
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
GROUND = {"caseReference": "case-1", "legalBasis": "checked at the desk"}


class Corrections(Scene):
    """What follows the story."""

    def write(self, service, method, who, what, **request):
        """A write that is accepted; its answer."""
        answer = self.ledger.call(service, method, {"requestId": fresh(), **request}, who)
        self.outcome(what, answer, "ACCEPTED")
        return answer

    def money_is_corrected(self):
        """A payment that waits is assigned, paid back and reversed."""
        self.tally.chapter("Money that waits finds its place, and what bounced is taken off")
        key = {"institution": "tonlesap-bank", "businessDate": date("2026-09-16"), "reference": "TXN-WHO"}
        landed = self.ledger.call(CONTRIBUTIONS, "GetPaymentByReference", key, BANK)
        self.tally.same("the bank finds its payment", (landed.found, landed.payment.reference), (True, "TXN-WHO"))
        waiting = self.ledger.call(CONTRIBUTIONS, "ListSuspense", {}, OFFICER).payments
        nobodys = [each.payment.reference for each in waiting if not each.payment.member_id]
        self.tally.same("it waits for an officer", nobodys, ["TXN-WHO"])
        hers = [each.payment.reference for each in waiting if each.payment.member_id == self.member]
        self.tally.same("with what no month of hers can take", hers, ["TXN-LATE", "TXN-LAST", "FILE-0", "FILE-2"])
        payment = {"paymentId": landed.payment.payment_id}
        whose = {**payment, "memberId": self.member, "reason": "she showed the receipt"}
        self.write(CONTRIBUTIONS, "AssignPayment", OFFICER, "it is hers", **whose)
        back = {**payment, "amountRiel": 600, "reason": "she asked for it"}
        asked = {"requestId": fresh(), **back}
        prepared = self.ledger.call(CONTRIBUTIONS, "RecordRefund", asked, CLERK)
        self.outcome("one officer prepares a refund", prepared, "ACCEPTED_WITH_WARNING")
        back["preparedId"] = prepared.prepared_id
        refusal = self.ledger.refusal(CONTRIBUTIONS, "RecordRefund", {"requestId": fresh(), **back}, CLERK)
        self.refused("doing it alone", refusal, "PERMISSION_DENIED", "SECOND_PERSON_REQUIRED")
        self.write(CONTRIBUTIONS, "RecordRefund", SUPERVISOR, "some of it is paid back", **back)
        self.move_to("2027-02-02")
        bounced = {**payment, "on": date("2027-02-02"), "reason": "REVERSAL_REASON_BOUNCED"}
        answer = self.write(CONTRIBUTIONS, "ReversePayment", BANK, "the rest bounced", **bounced)
        self.tally.same("it was on no month", list(answer.effect.months_reopened), [])
        totals = self.account().totals
        self.tally.same("and lies nowhere else", (totals.refunded_riel, totals.reversed_riel), (600, PRICE - 600))
        listing = {"businessDate": date("2026-09-16")}
        listed = self.ledger.call(CONTRIBUTIONS, "ListPayments", listing, BANK).payments
        self.tally.same("the bank reads its day", [each.reference for each in listed], ["TXN-LATE", "TXN-WHO"])
        empty = {"businessDate": date("2027-01-31"), "digest": NOTHING}
        reconciled = self.ledger.call(CONTRIBUTIONS, "ReconcileCollection", empty, BANK)
        self.tally.holds("a day without payments is the same on both sides", reconciled.equal)

    def an_employment_is_corrected(self, employer):
        """Her employment has another last day and another number, and then never was."""
        self.tally.chapter("Payroll corrects her employment")
        listing = {"employerId": employer}
        position = self.ledger.call(EMPLOYMENTS, "ListEmployments", listing, PAYROLL).employments[0].last_position
        named = {"employerId": employer, "employmentNumber": "E-0001"}
        stood = {"epoch": position.epoch, "number": position.number}
        days = {"firstDay": date("2026-09-21"), "lastDay": date("2027-01-15")}
        amend = {**named, **days, "replaces": stood}
        amended = self.write(EMPLOYMENTS, "AmendEmployment", PAYROLL, "another last day", **amend)
        stale = {**named, "requestId": fresh(), "replaces": stood}
        refusal = self.ledger.refusal(EMPLOYMENTS, "RetractEmployment", stale, PAYROLL)
        self.refused("a correction of what has changed since", refusal, "ABORTED", "POSITION_STALE")
        rekey = {**named, "newEmploymentNumber": "E-0002"}
        rekeyed = self.write(EMPLOYMENTS, "RekeyEmployment", PAYROLL, "another number", **rekey)
        self.tally.same("for the same employment", rekeyed.employment_id, amended.employment_id)
        stood = {"epoch": rekeyed.position.epoch, "number": rekeyed.position.number}
        gone = {"employerId": employer, "employmentNumber": "E-0002", "replaces": stood}
        self.write(EMPLOYMENTS, "RetractEmployment", PAYROLL, "it never was", **gone)
        silent = {"employerId": employer, "month": "2027-01"}
        self.write(EMPLOYMENTS, "ReportNoPayroll", PAYROLL, "a month without payroll", **silent)

    def a_life_is_corrected(self):
        """Months are excused, a record is replaced, a death is taken back by another person."""
        self.tally.chapter("An officer corrects her record, and a supervisor a death")
        months = {"fromMonth": "2026-02", "toMonth": "2026-04", "kind": "EXCUSE_REASON_ILLNESS"}
        self.write(MEMBERS, "ExcuseMonths", OFFICER, "months are excused", memberId=self.member, **months, **GROUND)
        record = self.ledger.call(MEMBERS, "GetMember", {"memberId": self.member}, OFFICER).member
        update = {"memberId": self.member, "etag": record.etag, "khmerName": KHMER_NAME, "sex": "SEX_FEMALE"}
        self.write(MEMBERS, "UpdateMember", OFFICER, "her record is replaced", birthDate=BIRTH_DATE, **update)
        death = {"memberId": self.member, "on": date("2027-01-20"), "caseReference": "case-1", "reason": "the certificate"}
        died = self.write(MEMBERS, "ReportDeath", OFFICER, "a death is recorded", **death)
        until = day(died.standing_changes.changes[-1].until_day)
        self.tally.same("her days up to today are closed", until, "2027-02-02")
        taken_back = {"memberId": self.member, "factId": died.fact_id, **GROUND}
        refusal = self.ledger.refusal(MEMBERS, "RetractFact", {"requestId": fresh(), **taken_back}, OFFICER)
        self.refused("taking it back alone", refusal, "PERMISSION_DENIED", "SECOND_PERSON_REQUIRED")
        self.write(MEMBERS, "RetractFact", SUPERVISOR, "a supervisor takes it back", **taken_back)
