"""What lies ahead: the feed, warnings, households, and a law that two people change.

These chapters come last. Deliberately absent: how the feed behaves under load, which the ledger's own tests try.
"""

from corrections import SUPERVISOR, Corrections
from reflected import caller, date, fresh
from scene import BIRTH_DATE, CHANGES, COVERAGE, HOSPITAL, MEMBERS, NATIONAL_ID, OFFICER, POLICIES

GATEWAY = caller("SERVICE", "notice-gateway")

REFORM = """
law = "kh"
effective = "2027-03-01"
title = "Paying back is accepted"
based_on = "kh"

[voluntary.return]
back_payment = { penalty = "0.01", cap_months = 24 }

[transition]
gaps = "count"
bars = "stand"

[[source]]
fields = ["voluntary.return.back_payment", "transition.gaps", "transition.bars"]
assumption = "A story."
"""


class Ahead(Corrections):
    """What follows the corrections."""

    def the_feed_tells_everything_once(self):
        """The feed is read from its beginning, polled and watched."""
        self.tally.chapter("The feed tells everything once, in order")
        changes, after = [], {}
        while True:
            page = self.ledger.call(CHANGES, "ListChanges", {"pageSize": 100, **after}, OFFICER)
            changes += page.changes
            after = {"afterPosition": {"epoch": page.position.epoch, "number": page.position.number}}
            if not page.more:
                break
        numbers = [change.position.number for change in changes]
        self.tally.same("every position comes once", numbers, list(range(1, len(numbers) + 1)))
        newest = self.ledger.call(CHANGES, "GetPosition", {}, GATEWAY).position.number
        self.tally.same("up to the newest", numbers[-1], newest)
        told = self.ledger.watch(CHANGES, "WatchChanges", {}, OFFICER, len(numbers))
        self.tally.same("a watcher hears the same", [each.change.position.number for each in told], numbers)
        self.notices = [notice for change in changes for notice in change.notices]
        self.tally.holds("she was warned", self.member in {notice.member_id for notice in self.notices})

    def warnings_are_served(self):
        """A warning is delivered and served; who is next to lose cover is foretold."""
        self.tally.chapter("A warning reaches her, and an officer sees who is next")
        texts = {text.language: text for text in self.notices[-1].texts}
        self.tally.same("each warning has its text in two languages", sorted(texts), ["en", "km"])
        self.tally.holds("short enough to be sent", all(0 < text.segments <= 2 for text in texts.values()))
        notice = {"noticeId": self.notices[-1].notice_id, "channel": "NOTICE_CHANNEL_SMS"}
        sent = {**notice, "state": "DELIVERY_STATE_SENT"}
        self.write(COVERAGE, "RecordNoticeDelivery", GATEWAY, "the gateway sent it", **sent)
        served = {**notice, "channel": "NOTICE_CHANNEL_HAND", "memberId": self.member, "on": date("2027-02-02")}
        self.write(COVERAGE, "ServeNotice", OFFICER, "an officer hands it over", **served)
        request = {"untilDay": date("2027-12-31")}
        told = self.ledger.watch(COVERAGE, "ForecastCoverage", request, OFFICER, 1_000)
        ahead = [each for answer in told for each in answer.forecasts]
        safe = [(each.last_safe_day.year, each.last_safe_day.month, each.last_safe_day.day) for each in ahead]
        self.tally.same("the most urgent come first", safe, sorted(safe))
        for method in ["ConfirmLapse", "WaiveLapse"]:
            request = {"requestId": fresh(), "memberId": self.member, "caseReference": "case-1", "legalBasis": "none"}
            refusal = self.ledger.refusal(COVERAGE, method, request, SUPERVISOR)
            self.refused(f"{method} where no lapse waits", refusal, "FAILED_PRECONDITION", "LAPSE_NOT_PENDING")

    def a_child_joins_the_household(self):
        """Another person lives with her, and a hospital asks about both at once."""
        self.tally.chapter("A child joins her household")
        card = {"kind": "IDENTIFIER_KIND_NATIONAL_ID", "value": "020000001"}
        child = {
            "khmerName": {"family": "សុខ", "given": "ធីតា"},
            "birthDate": date("2020-05-01"),
            "sex": "SEX_FEMALE",
            "identifiers": [card],
        }
        registered = self.write(MEMBERS, "RegisterMember", OFFICER, "a child is registered", **child)
        lives = {"memberId": registered.member_id, "headMemberId": self.member, "fromDay": date("2027-01-01")}
        lives["relation"] = "HOUSEHOLD_RELATION_CHILD"
        self.write(MEMBERS, "SetHousehold", OFFICER, "and lives with her", **lives)
        both = [
            {"identifier": NATIONAL_ID, "birthDate": BIRTH_DATE},
            {"identifier": card, "birthDate": child["birthDate"]},
        ]
        answer = self.ledger.call(COVERAGE, "BatchCheckCoverage", {"checks": both}, HOSPITAL)
        schemes = [[self.ledger.word(cover, "scheme") for cover in each.answer.covers] for each in answer.results]
        self.tally.same("the child is covered through her", schemes, [["SCHEME_VOLUNTARY"], ["SCHEME_DEPENDANT"]])

    def two_people_change_the_law(self):
        """A reform is checked, proposed, approved by another person; another proposal is taken back."""
        self.tally.chapter("Two people change the law")
        checked = self.ledger.call(POLICIES, "CheckPolicy", {"document": REFORM}, OFFICER)
        self.tally.holds("the document is sound", checked.sound, str(list(checked.faults)))
        self.tally.same("it differs in one field", len(checked.differences), 1)
        proposed = self.write(POLICIES, "ProposePolicy", OFFICER, "it is proposed", document=REFORM)
        act = {"proposalId": proposed.proposal_id, "digest": proposed.digest, "caseReference": "gazette-1"}
        act["legalBasis"] = "a story"
        request = {"proposalId": proposed.proposal_id, "asOf": date("2027-03-01")}
        told = self.ledger.watch(POLICIES, "SimulatePolicy", request, OFFICER, 1_000)
        result = told[-1].result
        self.tally.holds("a simulation of it tells of everybody", result.members > 1, str(result))
        stands = [sum(getattr(each, when) for each in result.standings) for when in ["before", "after"]]
        self.tally.same("each of whom stands somewhere, before and after", stands, [result.members] * 2)
        self.write(POLICIES, "ApprovePolicy", SUPERVISOR, "and approved by another person", **act)
        later = REFORM.replace("2027-03-01", "2027-04-01").replace("0.01", "0.02")
        proposed = self.write(POLICIES, "ProposePolicy", OFFICER, "another is proposed", document=later)
        back = {"proposalId": proposed.proposal_id, "caseReference": "gazette-2", "reason": "not now"}
        self.write(POLICIES, "WithdrawProposal", OFFICER, "and taken back", **back)
        listed = self.ledger.call(POLICIES, "ListPolicies", {}, OFFICER)
        self.tally.same("two revisions are listed", len(listed.revisions), 2)
        told = self.ledger.call(POLICIES, "GetPolicy", {}, OFFICER)
        year = told.effective_day.year
        self.tally.same("the old one is in force until its day", year, 2023)
