"""The scene: who acts in the story, whom it is about, and what they send again and again.

Deliberately absent: the order of events and what they lead to.
"""

from reflected import caller, date, fresh

MEMBERS = "krama.v1.MemberService"
CONTRIBUTIONS = "krama.v1.ContributionService"
EMPLOYMENTS = "krama.v1.EmploymentService"
CHANGES = "krama.v1.ChangeService"
POLICIES = "krama.v1.PolicyService"
COVERAGE = "krama.v1.CoverageService"
SANDBOX = "krama.sandbox.v1.SandboxService"
HEALTH = "grpc.health.v1.Health"

OFFICER = caller("OFFICER", "desk-4", "correction")
BANK = caller("COLLECTOR", "tonlesap-bank", "collection")
PAYROLL = caller("PAYROLL", "sovann-payroll", "payroll")
HOSPITAL = caller("FACILITY", "calmette", "care")

# A number with leading zeros and a name in Khmer script: both must come back exactly as they were given.
NATIONAL_ID = {"kind": "IDENTIFIER_KIND_NATIONAL_ID", "value": "001204567"}
KHMER_NAME = {"family": "សុខ", "given": "ស្រីមុំ"}
LATIN_NAME = {"family": "Sok", "given": "Sreymom"}
BIRTH_DATE = date("1988-04-14")
PRICE = 15600


class Scene:
    """What several chapters do, each time with the ledger and the tally of the story."""

    def __init__(self, ledger, tally):
        self.ledger = ledger
        self.tally = tally
        self.member = ""

    def contract(self):
        """Every RPC of the contract, as reflection tells it."""
        services = [service for service in self.ledger.services() if service.startswith("krama.")]
        return [rpc for service in services for rpc in self.ledger.methods(service)]

    def outcome(self, what, answer, expected):
        """Checks what became of a write."""
        self.tally.same(what, self.ledger.word(answer, "outcome"), f"OUTCOME_{expected}")

    def refused(self, what, refusal, code, reason):
        """Checks the code and the reason of a refusal, which is always of our domain."""
        seen = (refusal.code, refusal.reason if reason else None, refusal.domain)
        self.tally.same(f"{what} is refused", seen, (code, reason, "krama"))

    def move_to(self, text):
        """Sets the clock to ten in the morning in Phnom Penh."""
        self.ledger.call(SANDBOX, "MoveClock", {"to": f"{text}T03:00:00Z"}, OFFICER)

    def find(self, identifier):
        return self.ledger.call(MEMBERS, "FindMember", {"identifier": identifier}, OFFICER)

    def decision(self):
        """What the law says of her today."""
        return self.ledger.call(MEMBERS, "GetMember", {"memberId": self.member}, OFFICER).decision

    def account(self, **more):
        return self.ledger.call(CONTRIBUTIONS, "GetAccount", {"memberId": self.member, **more}, OFFICER)

    def payment(self, reference, on, **more):
        """A payment of hers of one month's price, as a bank sends it."""
        return {
            "requestId": fresh(),
            "institution": "tonlesap-bank",
            "businessDate": date(on),
            "reference": reference,
            "valueDate": date(on),
            "amountRiel": PRICE,
            "channel": "PAYMENT_CHANNEL_BRANCH",
            "identifier": NATIONAL_ID,
            **more,
        }

    def hire(self, employer, number, **more):
        """A report of her hire on 21 September 2026; `more` may change the first day and the birth date."""
        details = {
            "identifier": NATIONAL_ID,
            "khmerName": KHMER_NAME,
            "birthDate": more.get("birthDate", BIRTH_DATE),
            "sex": "SEX_FEMALE",
        }
        return {
            "requestId": fresh(),
            "employerId": employer,
            "employmentNumber": number,
            "firstDay": more.get("firstDay", date("2026-09-21")),
            "workerDetails": details,
        }

    def question(self, on=None, **more):
        """What a hospital asks about her."""
        question = {"identifier": NATIONAL_ID, "birthDate": BIRTH_DATE, **more}
        return {**question, "serviceDate": date(on)} if on else question

    def check_coverage(self, on=None, **more):
        return self.ledger.call(COVERAGE, "CheckCoverage", self.question(on, **more), HOSPITAL)
