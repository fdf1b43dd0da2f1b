"""A foreign client: the main job of the ledger, lived through from another language.

    client.py ADDRESS

Speaks to a sandbox server that somebody else started, on a fresh ledger whose clock stands at 2025-01-01.
A vendor pays a year of contributions, stops, lapses, and is reinstated when payroll reports her hire.
Every line is one check; the last line counts them, and the exit code is 0 when none failed.
"""

import faulthandler
import sys
import traceback

from ahead import Ahead
from reflected import Ledger, caller, date, day, fresh, in_words
from scene import BANK, BIRTH_DATE, CONTRIBUTIONS, COVERAGE, EMPLOYMENTS, HEALTH, HOSPITAL, KHMER_NAME, LATIN_NAME
from scene import MEMBERS, NATIONAL_ID, OFFICER, PAYROLL, PRICE, SANDBOX
from tally import Tally

# The story takes seconds; a busy machine may take longer.
LONGEST_SECONDS = 180


class Story(Ahead):
    """What happens, in order; each chapter relies on those before it."""

    def __init__(self, ledger, tally):
        super().__init__(ledger, tally)
        self.employer = self.other_employer = self.first_hire = ""
        self.last_payment, self.last_answer = {}, b""

    def tell(self):
        """The whole story."""
        self.the_server_describes_itself()
        self.employers_and_grants()
        self.a_member_is_registered()
        self.a_bad_request_names_its_fields()
        self.she_is_found_again()
        self.she_enrols()
        self.she_pays_a_year()
        self.a_retry_changes_nothing()
        self.she_lapses_the_day_after_the_last_safe_day()
        self.money_that_comes_too_late_is_kept()
        self.payroll_reaches_only_its_own_employers()
        self.the_hire_reinstates_her()
        self.the_hospital_sees_the_first_day_of_benefits()
        self.it_can_be_explained_as_it_was_known_then()
        self.she_leaves_and_cover_ends()
        self.reads_and_writes_keep_their_order()
        self.files_come_in_one_call()
        self.money_is_corrected()
        self.an_employment_is_corrected(self.employer)
        self.a_life_is_corrected()
        self.the_feed_tells_everything_once()
        self.warnings_are_served()
        self.a_child_joins_the_household()
        self.two_people_change_the_law()
        self.every_rpc_was_called()

    def the_server_describes_itself(self):
        self.tally.chapter("The server describes itself")
        services = self.ledger.services()
        for service in [MEMBERS, CONTRIBUTIONS, EMPLOYMENTS, COVERAGE, SANDBOX, HEALTH]:
            self.tally.holds(f"reflection lists {service}", service in services, f"saw {services}")
        for detail in ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo"]:
            self.tally.holds(f"reflection knows {detail}", self.ledger.pool.FindMessageTypeByName(detail) is not None)
        without = [rpc for rpc in self.contract() if not self.ledger.roles(*rpc)]
        self.tally.same("every RPC declares its roles in the contract", without, [])
        health = self.ledger.call(HEALTH, "Check")
        self.tally.same("the server is healthy", self.ledger.word(health, "status"), "SERVING")
        health = self.ledger.call(HEALTH, "Check", {"service": CONTRIBUTIONS})
        self.tally.same("and so is one service of it", self.ledger.word(health, "status"), "SERVING")
        refusal = self.ledger.refusal(HEALTH, "Check", {"service": "krama.v1.NoSuchService"})
        self.tally.same("a service that does not exist has no health", refusal.code, "NOT_FOUND")
        clock = self.ledger.call(SANDBOX, "GetClock", {}, OFFICER)
        self.tally.same("the sandbox clock stands where it was set", day(clock.today), "2025-01-01")
        refusal = self.ledger.refusal(SANDBOX, "GetClock")
        self.refused("a call that does not say who calls", refusal, "UNAUTHENTICATED", "CALLER_MISSING")

    def employers_and_grants(self):
        self.tally.chapter("An officer registers two employers and lets a payroll provider report for one")
        first = {
            "requestId": fresh(),
            "enterpriseNumber": "00730-ភ្នំពេញ",
            "khmerName": "រោងចក្រកាត់ដេរ មេគង្គ",
            "latinName": "Mekong Garments",
            "sector": "SECTOR_PRIVATE",
        }
        answer = self.ledger.call(EMPLOYMENTS, "RegisterEmployer", first, OFFICER)
        self.employer = answer.employer_id
        self.outcome("the first employer is registered", answer, "ACCEPTED")
        again = self.ledger.call(EMPLOYMENTS, "RegisterEmployer", {**first, "requestId": fresh()}, OFFICER)
        self.outcome("the same employer under a new request_id is known already", again, "DUPLICATE")
        self.tally.same("and has the same id", again.employer_id, self.employer)
        changed = {**first, "requestId": fresh(), "latinName": "Mekong Knitwear"}
        refusal = self.ledger.refusal(EMPLOYMENTS, "RegisterEmployer", changed, OFFICER)
        self.refused("its number with another name", refusal, "ALREADY_EXISTS", "EMPLOYER_NUMBER_IN_USE")
        self.tally.same("tells whose the number is", refusal.metadata, {"employer_id": self.employer})
        second = {
            "requestId": fresh(),
            "enterpriseNumber": "0731",
            "latinName": "Bassac Shoes",
            "sector": "SECTOR_PRIVATE",
        }
        answer = self.ledger.call(EMPLOYMENTS, "RegisterEmployer", second, OFFICER)
        self.other_employer = answer.employer_id
        self.outcome("the second employer is registered", answer, "ACCEPTED")
        grant = {
            "requestId": fresh(),
            "employerId": self.employer,
            "providerId": "sovann-payroll",
            "fromDay": date("2025-01-01"),
        }
        answer = self.ledger.call(EMPLOYMENTS, "GrantEmployerAccess", grant, OFFICER)
        self.outcome("the provider may report for the first", answer, "ACCEPTED")
        nowhere = {**grant, "requestId": fresh(), "employerId": answer.grant_id}
        refusal = self.ledger.refusal(EMPLOYMENTS, "GrantEmployerAccess", nowhere, OFFICER)
        self.refused("a grant for an employer that does not exist", refusal, "NOT_FOUND", "EMPLOYER_NOT_FOUND")

    def a_member_is_registered(self):
        self.tally.chapter("A vendor is registered")
        request = {
            "requestId": fresh(),
            "khmerName": KHMER_NAME,
            "latinName": LATIN_NAME,
            "sex": "SEX_FEMALE",
            "birthDate": BIRTH_DATE,
            "identifiers": [NATIONAL_ID],
            "phone": "012 345 678",
            "communeCode": "010203",
        }
        rehearsed = self.ledger.call(MEMBERS, "RegisterMember", {**request, "validateOnly": True}, OFFICER)
        self.outcome("a rehearsal says what would be", rehearsed, "ACCEPTED")
        self.tally.same("and gives no id", rehearsed.member_id, "")
        self.tally.same("and leaves nothing behind", list(self.find(NATIONAL_ID).members), [])
        answer = self.ledger.call(MEMBERS, "RegisterMember", request, OFFICER)
        self.member = answer.member_id
        self.outcome("she is registered", answer, "ACCEPTED")
        self.tally.holds("and has an id", len(self.member) > 0)
        refusal = self.ledger.refusal(MEMBERS, "RegisterMember", {**request, "requestId": fresh()}, OFFICER)
        self.refused("her number for somebody else", refusal, "ALREADY_EXISTS", "IDENTIFIER_IN_USE")
        self.tally.same("tells whose it is", refusal.metadata.get("member_id"), self.member)
        refusal = self.ledger.refusal(MEMBERS, "RegisterMember", {**request, "requestId": fresh()}, PAYROLL)
        self.refused("a registration by payroll", refusal, "PERMISSION_DENIED", "ROLE_NOT_ALLOWED")
        self.tally.same("tells role and method", refusal.metadata, {"role": "PAYROLL", "method": "RegisterMember"})

    def a_bad_request_names_its_fields(self):
        self.tally.chapter("A bad request names its fields and changes nothing")
        request = {
            "requestId": "not-a-uuid",
            "khmerName": KHMER_NAME,
            "birthDate": {"year": 1988, "month": 2, "day": 30},
            "identifiers": [{"kind": "IDENTIFIER_KIND_NATIONAL_ID", "value": " "}],
        }
        refusal = self.ledger.refusal(MEMBERS, "RegisterMember", request, OFFICER)
        self.refused("a request that is wrong in four places", refusal, "INVALID_ARGUMENT", "FIELD_INVALID")
        expected = ["request_id", "sex", "birth_date", "identifiers[0].value"]
        self.tally.same("names all four", sorted(refusal.fields), sorted(expected))
        self.tally.same("and the first of them to a program", refusal.metadata.get("field"), "request_id")
        payment = self.payment("BAD-1", "2025-01-01", amountRiel=0)
        refusal = self.ledger.refusal(CONTRIBUTIONS, "RecordPayment", payment, BANK)
        self.refused("a payment of nothing", refusal, "INVALID_ARGUMENT", None)
        self.tally.same("names the amount", refusal.fields, ["amount_riel"])
        payment = self.payment("BAD-2", "2025-01-02")
        refusal = self.ledger.refusal(CONTRIBUTIONS, "RecordPayment", payment, BANK)
        self.refused("a payment dated tomorrow", refusal, "FAILED_PRECONDITION", "DAY_IN_FUTURE")
        self.tally.same("tells the latest day", refusal.metadata.get("latest"), "2025-01-01")
        refusal = self.ledger.refusal(MEMBERS, "GetMember", {"memberId": self.member}, caller("OFFICER", "desk-4"))
        self.refused("a read without a purpose", refusal, "INVALID_ARGUMENT", "PURPOSE_MISSING")
        self.tally.same("names what is missing", refusal.metadata, {"key": "krama-user"})
        account = self.account()
        self.tally.same("her account is still empty", (len(account.payments), account.totals.received_riel), (0, 0))

    def she_is_found_again(self):
        self.tally.chapter("She is found again exactly as she was given")
        found = self.find(NATIONAL_ID).members
        self.tally.same("by her number", [member.member_id for member in found], [self.member])
        shortened = {**NATIONAL_ID, "value": NATIONAL_ID["value"].lstrip("0")}
        self.tally.same("not without its leading zeros", list(self.find(shortened).members), [])
        found = self.ledger.call(MEMBERS, "FindMember", {"phone": "+855 12 345 678"}, OFFICER).members
        self.tally.same("by her phone in its other form", [member.member_id for member in found], [self.member])
        read = self.ledger.call(MEMBERS, "GetMember", {"memberId": self.member}, OFFICER)
        name = (read.member.khmer_name.family, read.member.khmer_name.given)
        self.tally.same("her Khmer name is unchanged", name, tuple(KHMER_NAME.values()))
        self.tally.same("her number is unchanged", read.member.identifiers[0].value, NATIONAL_ID["value"])
        self.tally.same("her birth date is unchanged", day(read.member.birth_date), "1988-04-14")
        standing = self.ledger.word(read.decision, "standing")
        self.tally.same("registered is not enrolled", standing, "STANDING_NOT_ENROLLED")
        listed = self.ledger.call(MEMBERS, "ListMembers", {"pageSize": 1}, OFFICER)
        self.tally.same("she is on the list", [member.member_id for member in listed.members], [self.member])
        self.tally.same("which has one page", listed.next_page_token, "")
        refusal = self.ledger.refusal(MEMBERS, "ListMembers", {"pageSize": -1}, OFFICER)
        self.refused("a page of fewer than none", refusal, "INVALID_ARGUMENT", "FIELD_INVALID")
        refusal = self.ledger.refusal(MEMBERS, "GetMember", {"memberId": self.employer}, OFFICER)
        self.refused("an id that is no member's", refusal, "NOT_FOUND", "MEMBER_NOT_FOUND")

    def she_enrols(self):
        self.tally.chapter("She enrols as self-employed on 3 February 2025")
        self.move_to("2025-02-03")
        early = {"requestId": fresh(), "memberId": self.member, "on": date("2025-02-04")}
        refusal = self.ledger.refusal(MEMBERS, "EnrollMember", early, OFFICER)
        self.refused("an enrolment dated tomorrow", refusal, "FAILED_PRECONDITION", "DAY_IN_FUTURE")
        late = {"requestId": fresh(), "memberId": self.member, "on": date("2025-02-02")}
        refusal = self.ledger.refusal(MEMBERS, "EnrollMember", late, OFFICER)
        self.refused("one dated yesterday without a reason", refusal, "FAILED_PRECONDITION", "DAY_TOO_OLD")
        answer = self.ledger.call(MEMBERS, "EnrollMember", {"requestId": fresh(), "memberId": self.member}, OFFICER)
        self.outcome("she is enrolled", answer, "ACCEPTED")
        self.tally.same("from today", day(answer.on), "2025-02-03")
        self.tally.same("and current", self.ledger.word(answer.decision, "standing"), "STANDING_CURRENT")
        request = {"requestId": fresh(), "memberId": self.member}
        refusal = self.ledger.refusal(MEMBERS, "EnrollMember", request, OFFICER)
        self.refused("enrolling twice", refusal, "FAILED_PRECONDITION", "ALREADY_ENROLLED")
        quote = self.ledger.call(CONTRIBUTIONS, "QuotePayment", {"identifier": NATIONAL_ID, "months": 2}, BANK)
        quoted = [(month.month, month.amount_riel) for month in quote.months]
        self.tally.same("the bank may quote two months", quoted, [("2025-02", PRICE), ("2025-03", PRICE)])
        self.tally.same("at their price", quote.total_riel, 2 * PRICE)
        self.tally.same("and reads a masked name", quote.masked_name, "S*** S***")
        stranger = {"identifier": {**NATIONAL_ID, "value": "999999999"}}
        quote = self.ledger.call(CONTRIBUTIONS, "QuotePayment", stranger, BANK)
        self.tally.same("a stranger is no error, and nobody", quote.payer_found, False)

    def she_pays_a_year(self):
        self.tally.chapter("She pays twelve months, each on the tenth")
        months = [f"2025-{number:02}" for number in range(2, 13)] + ["2026-01"]
        for month in months:
            self.move_to(f"{month}-10")
            self.last_payment = self.payment(f"TXN-{month}", f"{month}-10", month=month)
            answer, self.last_answer = self.ledger.call_and_bytes(
                CONTRIBUTIONS, "RecordPayment", self.last_payment, BANK
            )
            seen = (self.ledger.word(answer, "outcome"), list(answer.effect.months_paid))
            self.tally.same(f"{month} is paid", seen, ("OUTCOME_ACCEPTED", [month]))
        account = self.account()
        paid = [month.month for month in account.months if month.paid]
        self.tally.same("her account tells twelve paid months", paid, months)
        totals = (account.totals.received_riel, account.totals.months_riel)
        self.tally.same("and every riel of them", totals, (12 * PRICE, 12 * PRICE))
        answer = self.check_coverage("2026-01-10")
        self.tally.same("a hospital sees her covered", self.ledger.word(answer, "verdict"), "VERDICT_COVERED")
        schemes = [self.ledger.word(cover, "scheme") for cover in answer.covers]
        self.tally.same("by her own contributions", schemes, ["SCHEME_VOLUNTARY"])

    def a_retry_changes_nothing(self):
        self.tally.chapter("A retry changes nothing")
        # By then a month has fallen due unpaid: the answer must be the one given first, not a new one.
        self.move_to("2026-03-20")
        payment = self.last_payment
        _, retried = self.ledger.call_and_bytes(CONTRIBUTIONS, "RecordPayment", payment, BANK)
        self.tally.same("the same request_id ten weeks later gives the same bytes", retried, self.last_answer)
        again = {**payment, "requestId": fresh()}
        answer = self.ledger.call(CONTRIBUTIONS, "RecordPayment", again, BANK)
        self.outcome("the same payment under a new request_id is known", answer, "DUPLICATE")
        refusal = self.ledger.refusal(CONTRIBUTIONS, "RecordPayment", {**payment, "amountRiel": 1}, BANK)
        self.refused("the same request_id with another amount", refusal, "ALREADY_EXISTS", "REQUEST_ID_REUSED")
        refusal = self.ledger.refusal(CONTRIBUTIONS, "RecordPayment", {**again, "amountRiel": 1}, BANK)
        self.refused("the same payment with another amount", refusal, "ALREADY_EXISTS", "PAYMENT_KEY_REUSED")
        self.tally.same("names what differs", refusal.metadata.get("field"), "amount_riel")
        self.tally.same("her account has it once", self.account().totals.received_riel, 12 * PRICE)

    def she_lapses_the_day_after_the_last_safe_day(self):
        self.tally.chapter("She stops paying: 15 September 2026 is the last safe day")
        self.move_to("2026-09-14")
        decision = self.decision()
        standing = self.ledger.word(decision, "standing")
        self.tally.same("the day before she is in arrears", standing, "STANDING_IN_ARREARS")
        self.tally.same("with six months missed in a row", decision.run_months, 6)
        self.tally.same("and told her last safe day", day(decision.last_safe_day), "2026-09-15")
        self.move_to("2026-09-15")
        decision = self.decision()
        self.tally.same("on that day she is still in", self.ledger.word(decision, "standing"), "STANDING_IN_ARREARS")
        self.tally.same("one month would keep her in", decision.least_amount_riel, PRICE)
        rehearsal = {**self.payment("TXN-SAVES", "2026-09-15"), "validateOnly": True}
        answer = self.ledger.call(CONTRIBUTIONS, "RecordPayment", rehearsal, BANK)
        self.tally.same("as a rehearsal shows", day(answer.effect.last_safe_day), "2026-10-15")
        self.move_to("2026-09-16")
        decision = self.decision()
        self.tally.same("the day after she has lapsed", self.ledger.word(decision, "standing"), "STANDING_ABANDONED")
        self.tally.same("since that day", day(decision.since), "2026-09-16")
        doors = [self.ledger.word(door, "kind") for door in decision.doors]
        self.tally.same("and one door is open", doors, ["DOOR_KIND_FORMAL_EMPLOYMENT"])
        request = {"requestId": fresh(), "memberId": self.member}
        refusal = self.ledger.refusal(MEMBERS, "EnrollMember", request, OFFICER)
        self.refused("enrolling again", refusal, "FAILED_PRECONDITION", "VOLUNTARY_ABANDONED")
        self.tally.same("tells when she lapsed", refusal.metadata.get("lapsed_on"), "2026-09-16")
        self.tally.same("and that the bar is for life", refusal.metadata.get("barred_until"), None)

    def money_that_comes_too_late_is_kept(self):
        self.tally.chapter("Money that comes too late is kept in suspense")
        payment = self.payment("TXN-LATE", "2026-09-16")
        answer = self.ledger.call(CONTRIBUTIONS, "RecordPayment", payment, BANK)
        self.outcome("her payment is taken, with a warning", answer, "ACCEPTED_WITH_WARNING")
        warning = self.ledger.word(answer, "warning")
        self.tally.same("and the bank is not told why", warning, "SUSPENSE_REASON_NOT_DISCLOSED")
        self.tally.same("no month is paid by it", list(answer.effect.months_paid), [])
        account = self.account()
        self.tally.same("the fund holds it", account.totals.suspense_riel, PRICE)
        totals = account.totals
        places = totals.months_riel + totals.credit_riel + totals.suspense_riel + totals.pot_riel
        places += totals.surcharge_riel + totals.reversed_riel + totals.refunded_riel
        self.tally.same("every riel lies somewhere", places, totals.received_riel)
        late = [payment for payment in account.payments if payment.reference == "TXN-LATE"]
        reasons = [self.ledger.word(payment, "suspense_reason") for payment in late]
        self.tally.same("and an officer reads why", reasons, ["SUSPENSE_REASON_ABANDONED"])
        payment = {**self.payment("TXN-WHO", "2026-09-16"), "payerText": "ម៉ាក់ 012..."}
        del payment["identifier"]
        answer = self.ledger.call(CONTRIBUTIONS, "RecordPayment", payment, BANK)
        warning = self.ledger.word(answer, "warning")
        self.tally.same("nobody's money is kept as well", warning, "SUSPENSE_REASON_UNKNOWN_PAYER")

    def payroll_reaches_only_its_own_employers(self):
        self.tally.chapter("Payroll reaches only the employers that let it")
        self.move_to("2026-09-24")
        foreign = self.hire(self.other_employer, "E-0001")
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportHire", foreign, PAYROLL)
        self.refused("another employer's worker", refusal, "PERMISSION_DENIED", "EMPLOYER_NOT_GRANTED")
        self.tally.same("tells which employer", refusal.metadata, {"employer_id": self.other_employer})
        # The id of a member is well formed and no employer's: the answer must not tell the two apart.
        nowhere = self.ledger.refusal(EMPLOYMENTS, "ReportHire", self.hire(self.member, "E-0001"), PAYROLL)
        seen, expected = [(each.code, each.reason, each.message) for each in (nowhere, refusal)]
        self.tally.same("one that does not exist is answered alike", seen, expected)
        listing = {"employerId": self.other_employer}
        refusal = self.ledger.refusal(EMPLOYMENTS, "ListEmployments", listing, PAYROLL)
        self.refused("reading its employments", refusal, "PERMISSION_DENIED", "EMPLOYER_NOT_GRANTED")
        leaving = {**listing, "requestId": fresh(), "employmentNumber": "E-0001", "lastDay": date("2026-09-24")}
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportSeparation", leaving, PAYROLL)
        self.refused("reporting a separation there", refusal, "PERMISSION_DENIED", "EMPLOYER_NOT_GRANTED")
        stranger = caller("PAYROLL", "another-payroll", "payroll")
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportHire", self.hire(self.employer, "E-0001"), stranger)
        self.refused("a provider without a grant", refusal, "PERMISSION_DENIED", "EMPLOYER_NOT_GRANTED")
        refusal = self.ledger.refusal(COVERAGE, "ExplainCoverage", {"memberId": self.member}, PAYROLL)
        self.refused("her cover, asked by payroll", refusal, "PERMISSION_DENIED", "ROLE_NOT_ALLOWED")
        decision = self.decision()
        self.tally.same("nothing has changed for her", self.ledger.word(decision, "standing"), "STANDING_ABANDONED")

    def the_hire_reinstates_her(self):
        self.tally.chapter("Payroll reports her hire, three days after it")
        far = self.hire(self.employer, "E-0001", firstDay=date("2026-10-25"))
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportHire", far, PAYROLL)
        self.refused("a hire 31 days ahead", refusal, "FAILED_PRECONDITION", "DAY_IN_FUTURE")
        self.tally.same("names its field", refusal.fields, ["first_day"])
        near = {**self.hire(self.employer, "E-0001", firstDay=date("2026-10-24")), "validateOnly": True}
        answer = self.ledger.call(EMPLOYMENTS, "ReportHire", near, PAYROLL)
        self.outcome("a hire 30 days ahead would be taken", answer, "ACCEPTED")
        wrong = self.hire(self.employer, "E-0001", birthDate=date("1988-04-15"))
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportHire", wrong, PAYROLL)
        self.refused("her number with another birth date", refusal, "FAILED_PRECONDITION", "WORKER_CONFLICT")
        unknown = self.hire(self.employer, "E-0001")
        del unknown["workerDetails"]
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportHire", {**unknown, "memberNumber": "000"}, PAYROLL)
        self.refused("a member number that is nobody's", refusal, "FAILED_PRECONDITION", "WORKER_UNKNOWN")
        request = self.hire(self.employer, "E-0001")
        answer, first = self.ledger.call_and_bytes(EMPLOYMENTS, "ReportHire", request, PAYROLL)
        self.first_hire = answer.employment_id
        self.outcome("her hire is recorded", answer, "ACCEPTED")
        self.tally.same("she was recognised", self.ledger.word(answer, "match"), "WORKER_MATCH_MATCHED")
        self.tally.same("she is reinstated", answer.effect.reinstated, True)
        self.tally.same("her benefits run from", day(answer.effect.benefits_from), "2026-11-01")
        _, retried = self.ledger.call_and_bytes(EMPLOYMENTS, "ReportHire", request, PAYROLL)
        self.tally.same("a retry gives the same bytes", retried, first)
        again = self.ledger.call(EMPLOYMENTS, "ReportHire", {**request, "requestId": fresh()}, PAYROLL)
        self.outcome("the same hire again is known", again, "DUPLICATE")
        self.tally.same("and tells the same", (again.employment_id, again.effect), (self.first_hire, answer.effect))
        other = self.hire(self.employer, "E-0001", firstDay=date("2026-09-22"))
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportHire", other, PAYROLL)
        self.refused("her number on another day", refusal, "FAILED_PRECONDITION", "EMPLOYMENT_ALREADY_OPEN")
        decision = self.decision()
        self.tally.same("the fund sees her employed", self.ledger.word(decision, "standing"), "STANDING_EMPLOYED")
        self.tally.same("since her first day of work", day(decision.since), "2026-09-21")
        listed = self.ledger.call(EMPLOYMENTS, "ListEmployments", {"employerId": self.employer}, PAYROLL)
        seen = [(row.employment_id, row.employment_number, row.employed) for row in listed.employments]
        self.tally.same("her employer sees one employment", seen, [(self.first_hire, "E-0001", True)])

    def the_hospital_sees_the_first_day_of_benefits(self):
        self.tally.chapter("A hospital asks the day before her benefits begin, and on that day")
        self.move_to("2026-10-31")
        answer = self.check_coverage()
        self.tally.same("the day before", self.ledger.word(answer, "verdict"), "VERDICT_NOT_COVERED")
        self.move_to("2026-11-01")
        answer = self.check_coverage()
        self.tally.same("on the day", (self.ledger.word(answer, "verdict"), answer.covered), ("VERDICT_COVERED", True))
        covers = [(self.ledger.word(cover, "scheme"), day(cover.from_day)) for cover in answer.covers]
        self.tally.same("through her employment", covers, [("SCHEME_FORMAL", "2026-11-01")])
        self.tally.holds("with a reference to read out", len(answer.check_reference) > 0)
        # Midnight in Phnom Penh is 17:00 UTC.
        until = answer.fresh_until.ToDatetime().isoformat()
        self.tally.holds("good until the day ends in Phnom Penh", until.startswith("2026-11-01T1"), f"saw {until}")
        # What time changed may be noted between two questions, and each answer says as of when it is.
        for _ in range(10):
            wrong = self.check_coverage(birthDate=date("1988-04-13"))
            nobody = self.check_coverage(identifier={**NATIONAL_ID, "value": "1204567"})
            if wrong.position == nobody.position:
                break
        self.tally.same("a wrong birth date", self.ledger.word(wrong, "verdict"), "VERDICT_NO_MATCH")
        self.tally.same("and a wrong number have one answer", in_words(wrong), in_words(nobody))
        refusal = self.ledger.refusal(COVERAGE, "CheckCoverage", self.question("2026-11-02"), HOSPITAL)
        self.refused("care tomorrow", refusal, "FAILED_PRECONDITION", "DAY_IN_FUTURE")
        self.tally.same("names the field", refusal.fields, ["service_date"])
        refusal = self.ledger.refusal(CONTRIBUTIONS, "GetAccount", {"memberId": self.member}, HOSPITAL)
        self.refused("her account, asked by a hospital", refusal, "PERMISSION_DENIED", "ROLE_NOT_ALLOWED")

    def it_can_be_explained_as_it_was_known_then(self):
        self.tally.chapter("What was known then can be told apart from what is known now")
        request = {"memberId": self.member, "validAt": date("2026-09-22")}
        now = self.ledger.call(COVERAGE, "ExplainCoverage", request, OFFICER)
        standing = self.ledger.word(now.decision, "standing")
        self.tally.same("on 22 September she was employed", standing, "STANDING_EMPLOYED")
        then = self.ledger.call(COVERAGE, "ExplainCoverage", {**request, "knownAt": "2026-09-22T03:00:00Z"}, OFFICER)
        standing = self.ledger.word(then.decision, "standing")
        self.tally.same("which nobody knew on that day", standing, "STANDING_ABANDONED")
        lapses = [(day(step.day), step.citation != "") for step in then.steps if step.clause == "LAPSED"]
        self.tally.same("the step of the lapse cites the law", lapses, [("2026-09-16", True)])
        self.tally.holds("each step is a sentence", all(step.text.endswith(".") for step in then.steps), in_words(then))
        months = [view.month for view in now.months]
        self.tally.same("the months run from enrolment to then", (months[0], months[-1]), ("2025-02", "2026-09"))
        tomorrow = {**request, "knownAt": "2026-11-03T00:00:00Z"}
        refusal = self.ledger.refusal(COVERAGE, "ExplainCoverage", tomorrow, OFFICER)
        self.refused("what will be known later", refusal, "FAILED_PRECONDITION", "KNOWN_AT_IN_FUTURE")

    def she_leaves_and_cover_ends(self):
        self.tally.chapter("She leaves, and cover ends with her last day")
        self.move_to("2027-02-01")
        leaving = {
            "requestId": fresh(),
            "employerId": self.employer,
            "employmentNumber": "E-0001",
            "lastDay": date("2026-09-20"),
            "reason": "SEPARATION_REASON_RESIGNATION",
        }
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportSeparation", leaving, PAYROLL)
        self.refused("a last day before the first", refusal, "FAILED_PRECONDITION", "DAY_BEFORE_START")
        self.tally.same("names the field", refusal.fields, ["last_day"])
        nobody = {**leaving, "employmentNumber": "E-9999"}
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportSeparation", nobody, PAYROLL)
        self.refused("an employment that is not on record", refusal, "NOT_FOUND", "EMPLOYMENT_NOT_FOUND")
        leaving = {**leaving, "lastDay": date("2027-01-31")}
        answer = self.ledger.call(EMPLOYMENTS, "ReportSeparation", leaving, PAYROLL)
        self.outcome("her separation is recorded", answer, "ACCEPTED")
        self.tally.same("for the employment that was hers", answer.employment_id, self.first_hire)
        again = self.ledger.call(EMPLOYMENTS, "ReportSeparation", {**leaving, "requestId": fresh()}, PAYROLL)
        self.outcome("the same again is known", again, "DUPLICATE")
        moved = {**leaving, "requestId": fresh(), "lastDay": date("2027-01-30")}
        refusal = self.ledger.refusal(EMPLOYMENTS, "ReportSeparation", moved, PAYROLL)
        self.refused("another last day", refusal, "FAILED_PRECONDITION", "EMPLOYMENT_NOT_OPEN")
        answers = [self.check_coverage(on) for on in ["2027-01-31", "2027-02-01"]]
        verdicts = [self.ledger.word(answer, "verdict") for answer in answers]
        expected = ["VERDICT_COVERED", "VERDICT_NOT_COVERED"]
        self.tally.same("covered on her last day and not on the next", verdicts, expected)
        decision = self.decision()
        self.tally.same("the bar stands again", self.ledger.word(decision, "standing"), "STANDING_ABANDONED")

    def reads_and_writes_keep_their_order(self):
        self.tally.chapter("Reads and writes keep their order")
        payment = self.payment("TXN-LAST", "2027-02-01")
        written = self.ledger.call(CONTRIBUTIONS, "RecordPayment", payment, BANK).position
        position = {"epoch": written.epoch, "number": written.number}
        account = self.account(atLeastPosition=position)
        references = [payment.reference for payment in account.payments]
        self.tally.holds("a read sees the write before it", "TXN-LAST" in references, f"saw {references}")
        later = {**position, "number": written.number + 1_000}
        request = {"memberId": self.member, "atLeastPosition": later}
        refusal = self.ledger.refusal(CONTRIBUTIONS, "GetAccount", request, OFFICER)
        self.refused("a position that is yet to come", refusal, "UNAVAILABLE", "POSITION_NOT_REACHED")
        self.tally.holds("says when to come back", refusal.retry_after is not None)
        request = {"memberId": self.member, "atLeastPosition": {**position, "epoch": "another"}}
        refusal = self.ledger.refusal(CONTRIBUTIONS, "GetAccount", request, OFFICER)
        self.refused("a position of another ledger", refusal, "OUT_OF_RANGE", "POSITION_FROM_OTHER_EPOCH")
        self.tally.holds("does not", refusal.retry_after is None)
        refusal = self.ledger.refusal(SANDBOX, "MoveClock", {"to": "2027-01-01T00:00:00Z"}, OFFICER)
        self.refused("a clock that goes back", refusal, "FAILED_PRECONDITION", "CLOCK_BACKWARDS")

    def files_come_in_one_call(self):
        self.tally.chapter("A bank and a payroll provider send files in one call")
        payments = [self.payment(f"FILE-{line}", "2027-02-01") for line in range(3)]
        payments[1]["amountRiel"] = 0
        batch = {"batchId": fresh()}
        records = [{"clientSequence": at, "payment": payment} for at, payment in enumerate(payments, 1)]
        messages = [{"start": batch}, *({"record": record} for record in records)]
        answers = self.ledger.stream(CONTRIBUTIONS, "RecordPayments", messages, BANK)
        results, summary = [answer.result for answer in answers[:-1]], answers[-1].summary
        # She is in formal employment and enrolled no more: the money waits.
        expected = ["OUTCOME_ACCEPTED_WITH_WARNING", "OUTCOME_REJECTED", "OUTCOME_ACCEPTED_WITH_WARNING"]
        told = [self.ledger.word(result, "outcome") for result in results]
        self.tally.same("a bad record ends nothing", told, expected)
        self.tally.same("it names its field", results[1].refusal.fields[0].field, "amount_riel")
        self.tally.same("the summary counts", (summary.records, summary.accepted_with_warning, summary.rejected), (3, 2, 1))
        request = {"options": batch, "records": records}
        again = self.ledger.call(CONTRIBUTIONS, "BatchRecordPayments", request, BANK)
        self.tally.same("the file sent again is answered the same", list(again.results), results)
        listed = self.ledger.call(EMPLOYMENTS, "ListBatchResults", batch, BANK).results
        self.tally.same("and is listed", [self.ledger.word(line, "outcome") for line in listed], expected)

        hire = self.hire(self.employer, "E-0077")
        end = {"requestId": fresh(), "employerId": self.employer, "employmentNumber": "E-0078"}
        end["lastDay"] = date("2027-01-31")
        batch = {"batchId": fresh(), "onFailure": "FAILURE_MODE_ALL_OR_NONE"}
        records = [{"clientSequence": 1, "hire": hire}, {"clientSequence": 2, "separation": end}]
        request = {"options": batch, "records": records}
        answer = self.ledger.call(EMPLOYMENTS, "BatchReportTransitions", request, PAYROLL)
        self.tally.same("one bad record of all or none undoes both", answer.summary.rejected, 2)
        end["employmentNumber"] = "E-0077"
        preview = self.ledger.call(EMPLOYMENTS, "PreviewTransitions", {"records": records}, PAYROLL)
        self.tally.same("mended, a preview would take both", preview.summary.accepted, 2)
        batch["previewToken"] = preview.preview_token
        messages = [{"start": batch}, *({"record": record} for record in records)]
        answers = self.ledger.stream(EMPLOYMENTS, "ReportTransitions", messages, PAYROLL)
        self.tally.same("and both are taken as it showed", answers[-1].summary.accepted, 2)

    def every_rpc_was_called(self):
        self.tally.chapter("Nothing of the contract was left out")
        missing = [rpc for rpc in self.contract() if rpc not in self.ledger.called]
        self.tally.same(f"all {len(self.contract())} RPCs were called", missing, [])


def main(address):
    """Tells the story to the server at an address; the exit code says how it went."""
    # A server that stops answering fails the test and does not hang it; reflection has no deadline of its own.
    faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)
    ledger, tally = Ledger(address), Tally()
    try:
        Story(ledger, tally).tell()
    except Exception as stop:
        # Whatever went wrong, what follows relies on it: the story ends here, as a failure.
        traceback.print_exc(file=sys.stdout)
        tally.holds("the story comes to its end", False, str(stop))
    finally:
        ledger.close()
        faulthandler.cancel_dump_traceback_later()
    print(f"\n{tally.summary()}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: client.py ADDRESS, such as 127.0.0.1:7411")
    sys.exit(main(sys.argv[1]))
