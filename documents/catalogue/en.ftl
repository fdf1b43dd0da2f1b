### The catalogue in English. A message is made of its key and its values and nothing else; the Khmer file beside this
### one has the same messages with the same values.

enrolled = Enrolled in the voluntary scheme; { $first_month } is the first month owed.
enrolment-refused = An enrolment was refused: { $why }.
payment-allocated = A payment of { $amount } went to { $months }.
payment-allocated-with-credit = A payment of { $amount } went to { $months }; { $credit } is credit.
payment-is-credit = A payment of { $amount } is credit: no month needed it.
charged-for-delay = Of the payment { $amount } are charged for paying late.
payment-suspended = A payment of { $amount } stands in suspense: { $why }.
payment-saved-up = A payment of { $amount } is saved up for the return: { $pot } of the { $price } that it costs.
saved-up-allocated = { $amount } that had been saved up went to { $months }.
saved-up-allocated-with-credit = { $amount } that had been saved up went to { $months }; { $credit } of it is credit.
saved-up-is-credit = { $amount } that had been saved up is credit: no month needed it.
instalments-dropped = { $amount } saved up earlier are credit: { $payments ->
    [one] only one payment counts
   *[other] only { $payments } payments count
} towards the return.
payment-reversed = A payment of { $amount } came to nothing.
payment-reversed-off-months = A payment of { $amount } came to nothing; { $months } { $count ->
    [one] is
   *[other] are
} open again.
payment-refunded = { $amount } were paid back.
payment-refunded-off-months = { $amount } were paid back; { $months } { $count ->
    [one] is
   *[other] are
} open again.
cover-suspended = Cover is suspended until what is owed is paid.
suspension-over = The suspension ended: few enough months are overdue.
bar-lifted-by-law = A new law lifted the bar.
membership-over = The membership ended: it has lasted { $months ->
    [one] one month
   *[other] { $months } months
}, as long as the law lets it. No bar follows.
months-excused = Excused from { $from } to { $to }: these months are not owed.
months-forgiven = { $months } { $count ->
    [one] is
   *[other] are
} owed no more: the way back does not ask for them.
notice-served = A notice of a lapse was served.
cover-waits = Cover waits after the return: it can begin on { $until }.
month-overdue = { $month } fell due unpaid: { $overdue ->
    [one] one month is
   *[other] { $overdue } months are
} overdue.
learnt-late = Something that takes away was learnt late: no lapse takes effect up to { $until }.
lapse-pending = { $run ->
    [one] One month was missed
   *[other] { $run } months were missed
} in a row: a lapse waits for a person to confirm it.
lapse-waived = The pending lapse was waived.
lapse-averted = The pending lapse is averted.
lapsed = Membership lapsed. The lapse is dated { $dated }.
lapsed-after-run = Membership lapsed: { $run ->
    [one] one month was missed, { $oldest }
   *[other] { $run } months were missed in a row, the oldest of them { $oldest }
}. The lapse is dated { $dated }.
employed = Formal employment began.
reinstated = Formal employment began after the lapse: reinstated.
employment-ended = Formal employment ended.
bar-stands-again = Formal employment ended; the bar of the earlier lapse stands again.
bar-lifted = { $months ->
    [one] One month
   *[other] { $months } months
} of formal employment lifted the bar.
returned-by-back-payment = Came back by paying { $price }, of which { $surcharge } is penalty.
cover-began = { $scheme } began.
cover-ended = { $scheme } ended.
cover-runs-on = Cover runs on after the lapse up to { $until }.
cover-ran-out = Cover no longer runs on after the lapse.
died = The member had died the day before.

## Parts of sentences

scheme-voluntary = Voluntary cover
scheme-formal = Cover by formal employment
scheme-run-off = Cover that runs on
scheme-assistance = Cover by social assistance
scheme-dependant = Cover as a dependant
why-deceased = the person had died
why-formally-employed = the person was in formal employment
why-barred = the bar of an earlier lapse stood
why-already-enrolled = the person was enrolled already
why-insured-too-short = the employment before was too short, or there was none
why-entry-closed = the time after the last employment had passed
why-not-enrolled = the person was not enrolled
why-lapsed = the membership had lapsed

## Where a member stands

standing-closed = Closed
standing-employed = In formal employment
standing-abandoned = Abandoned
standing-not-enrolled = Not enrolled
standing-lapse-pending = Lapse pending
standing-in-arrears = In arrears
standing-current = Current

## Notices, sent as text messages

notice-missed = NSSF: { $months ->
    [one] 1 month is
   *[other] { $months } months are
} unpaid. Please pay, or ask us at any office.
notice-last-safe-day = NSSF: { $months ->
    [0] no month is
    [one] 1 month is
   *[other] { $months } months are
} unpaid. Pay at least { $amount } by { $day } to keep your membership.
notice-lapse-pending = NSSF: your membership may end, { $months } months are unpaid. Pay { $amount } or come to an office now.
notice-lapsed = NSSF: your voluntary membership ended on { $day }. Formal employment brings it back. Ask us.
notice-reinstated = NSSF: you are a member again through your employment. Benefits from { $day }.

## The page to print

page-title = Where you stand and why
page-since = since { $day }
page-on = On { $day }, as known on { $known }
page-by = By the law in force from { $day }
page-months = Month
page-paid = paid
page-exempt = worked or excused
page-overdue = overdue
page-open = not due yet
page-not-owed = not owed
page-contested = Contested. Other readings of the law would decide otherwise:
page-lost = lost
page-back = back
page-payments = Payments
page-jobs = Formal employment
page-arrears = Months overdue
page-cover = Cover
page-why = What happened, newest first
page-sources = Sources
page-more = { $count ->
    [one] One older step is
   *[other] { $count } older steps are
} not shown.
page-unreviewed = The English text is the reviewed one.
page-appeal = Whoever thinks that something here is wrong can show this page at any office of the fund.
