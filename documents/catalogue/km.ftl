### The catalogue in Khmer. NOT REVIEWED: no native lawyer has read it yet, and whoever shows it says so. Messages and
### values are those of the English file.

enrolled = បានចុះឈ្មោះក្នុងរបបស្ម័គ្រចិត្ត។ { $first_month } ជាខែដំបូងដែលត្រូវបង់។
enrolment-refused = ការចុះឈ្មោះត្រូវបានបដិសេធ៖ { $why }។
payment-allocated = ប្រាក់ { $amount } ត្រូវបានទូទាត់សម្រាប់ { $months }។
payment-allocated-with-credit = ប្រាក់ { $amount } ត្រូវបានទូទាត់សម្រាប់ { $months }។ នៅសល់ { $credit }។
payment-is-credit = ប្រាក់ { $amount } នៅសល់ទាំងអស់ ព្រោះគ្មានខែណាត្រូវបង់។
charged-for-delay = ក្នុងការបង់ប្រាក់នេះ { $amount } ជាប្រាក់ពិន័យដោយបង់យឺត។
payment-suspended = ប្រាក់ { $amount } ត្រូវបានរក្សាទុករង់ចាំ៖ { $why }។
payment-saved-up = ប្រាក់ { $amount } ត្រូវបានសន្សំសម្រាប់ការវិលត្រឡប់៖ បាន { $pot } ក្នុងចំណោម { $price }។
saved-up-allocated = ប្រាក់សន្សំ { $amount } ត្រូវបានទូទាត់សម្រាប់ { $months }។
saved-up-allocated-with-credit = ប្រាក់សន្សំ { $amount } ត្រូវបានទូទាត់សម្រាប់ { $months }។ នៅសល់ { $credit }។
saved-up-is-credit = ប្រាក់សន្សំ { $amount } នៅសល់ទាំងអស់ ព្រោះគ្មានខែណាត្រូវបង់។
instalments-dropped = ប្រាក់ { $amount } ដែលបានសន្សំមុន ក្លាយជាប្រាក់នៅសល់៖ រាប់តែការបង់ { $payments } ដងចុងក្រោយប៉ុណ្ណោះ។
payment-reversed = ការបង់ប្រាក់ { $amount } មិនបានសម្រេចទេ។
payment-reversed-off-months = ការបង់ប្រាក់ { $amount } មិនបានសម្រេចទេ។ { $months } ចំនួន { $count } ខែ ត្រូវបង់ឡើងវិញ។
payment-refunded = ប្រាក់ { $amount } ត្រូវបានសងវិញ។
payment-refunded-off-months = ប្រាក់ { $amount } ត្រូវបានសងវិញ។ { $months } ចំនួន { $count } ខែ ត្រូវបង់ឡើងវិញ។
cover-suspended = ការធានាត្រូវបានផ្អាក រហូតដល់បង់ប្រាក់ដែលជំពាក់។
suspension-over = ការផ្អាកបានបញ្ចប់៖ ខែហួសកំណត់មានចំនួនតិចល្មម។
bar-lifted-by-law = ច្បាប់ថ្មីបានដកការហាមឃាត់។
membership-over = សមាជិកភាពបានបញ្ចប់៖ មានរយៈពេល { $months } ខែ ដែលជាកម្រិតយូរបំផុតតាមច្បាប់។ គ្មានការហាមឃាត់ទេ។
months-excused = បានលើកលែងពី { $from } ដល់ { $to }៖ មិនបាច់បង់សម្រាប់ខែទាំងនេះទេ។
months-forgiven = { $months } ចំនួន { $count } ខែ មិនត្រូវបង់ទៀតទេ៖ ការវិលត្រឡប់មិនទាមទារខែទាំងនេះទេ។
notice-served = លិខិតជូនដំណឹងអំពីការផុតសមាជិកភាព ត្រូវបានប្រគល់។
cover-waits = ការធានារង់ចាំក្រោយការវិលត្រឡប់៖ អាចចាប់ផ្តើមនៅ { $until }។
month-overdue = { $month } ហួសកំណត់ដោយមិនបានបង់៖ សរុបហួសកំណត់ { $overdue } ខែ។
learnt-late = ព័ត៌មានដែលកាត់សិទ្ធិបានដឹងយឺត៖ សមាជិកភាពមិនផុតទេ រហូតដល់ { $until }។
lapse-pending = ខកខាន { $run } ខែជាប់គ្នា៖ ការផុតសមាជិកភាពរង់ចាំមន្ត្រីបញ្ជាក់។
lapse-waived = ការផុតសមាជិកភាពដែលរង់ចាំត្រូវបានលើកលែង។
lapse-averted = ការផុតសមាជិកភាពដែលរង់ចាំត្រូវបានជៀសវាង។
lapsed = សមាជិកភាពបានផុត គិតពី { $dated }។
lapsed-after-run = សមាជិកភាពបានផុត៖ ខកខាន { $run } ខែជាប់គ្នា ចាប់ពី { $oldest }។ គិតពី { $dated }។
employed = បានចាប់ផ្តើមការងារក្នុងប្រព័ន្ធ។
reinstated = បានចាប់ផ្តើមការងារក្នុងប្រព័ន្ធ ក្រោយផុតសមាជិកភាព៖ បានទទួលសិទ្ធិវិញ។
employment-ended = ការងារក្នុងប្រព័ន្ធបានបញ្ចប់។
bar-stands-again = ការងារក្នុងប្រព័ន្ធបានបញ្ចប់។ ការហាមឃាត់ពីមុនមានប្រសិទ្ធភាពឡើងវិញ។
bar-lifted = ការងារក្នុងប្រព័ន្ធ { $months } ខែ បានដកការហាមឃាត់។
returned-by-back-payment = បានវិលត្រឡប់ដោយបង់ { $price } ក្នុងនោះប្រាក់ពិន័យ { $surcharge }។
cover-began = { $scheme } បានចាប់ផ្តើម។
cover-ended = { $scheme } បានបញ្ចប់។
cover-runs-on = ការធានានៅបន្តក្រោយផុតសមាជិកភាព រហូតដល់ { $until }។
cover-ran-out = ការធានាដែលបន្តក្រោយផុតសមាជិកភាពបានចប់។
died = សមាជិកបានទទួលមរណភាពនៅថ្ងៃមុន។

## Parts of sentences

scheme-voluntary = ការធានាស្ម័គ្រចិត្ត
scheme-formal = ការធានាតាមការងារក្នុងប្រព័ន្ធ
scheme-run-off = ការធានាដែលនៅបន្ត
scheme-assistance = ការធានាតាមជំនួយសង្គម
scheme-dependant = ការធានាជាអ្នកក្នុងបន្ទុក
why-deceased = សាមីខ្លួនបានទទួលមរណភាព
why-formally-employed = សាមីខ្លួនមានការងារក្នុងប្រព័ន្ធ
why-barred = ការហាមឃាត់នៃការផុតសមាជិកភាពពីមុននៅមានប្រសិទ្ធភាព
why-already-enrolled = សាមីខ្លួនបានចុះឈ្មោះរួចហើយ
why-insured-too-short = ការងារពីមុនខ្លីពេក ឬគ្មាន
why-entry-closed = រយៈពេលក្រោយការងារចុងក្រោយបានកន្លងផុត
why-not-enrolled = សាមីខ្លួនមិនបានចុះឈ្មោះ
why-lapsed = សមាជិកភាពបានផុត

## Where a member stands

standing-closed = បានបិទ
standing-employed = មានការងារក្នុងប្រព័ន្ធ
standing-abandoned = បានផុតសមាជិកភាព
standing-not-enrolled = មិនទាន់ចុះឈ្មោះ
standing-lapse-pending = រង់ចាំបញ្ជាក់ការផុត
standing-in-arrears = មានខែហួសកំណត់
standing-current = បង់គ្រប់

## Notices, sent as text messages

notice-missed = ប.ស.ស.៖ ខ្វះ { $months } ខែ។ សូមបង់ ឬសួរយើងនៅការិយាល័យណាមួយ។
notice-last-safe-day = ប.ស.ស.៖ ខ្វះ { $months } ខែ។ សូមបង់យ៉ាងតិច { $amount } ត្រឹម { $day } ដើម្បីរក្សាសមាជិកភាព។
notice-lapse-pending = ប.ស.ស.៖ សមាជិកភាពអាចផុត ខ្វះ { $months } ខែ។ សូមបង់ { $amount } ឬមកការិយាល័យឥឡូវនេះ។
notice-lapsed = ប.ស.ស.៖ សមាជិកភាពស្ម័គ្រចិត្តបានផុតនៅ { $day }។ ការងារក្នុងប្រព័ន្ធផ្តល់សិទ្ធិវិញ។ សូមសួរយើង។
notice-reinstated = ប.ស.ស.៖ អ្នកជាសមាជិកវិញតាមការងារ។ អត្ថប្រយោជន៍ចាប់ពី { $day }។

## The page to print

page-title = ស្ថានភាពរបស់អ្នក និងមូលហេតុ
page-since = ចាប់ពី { $day }
page-on = នៅ { $day } តាមដែលបានដឹងនៅ { $known }
page-by = តាមច្បាប់ដែលមានប្រសិទ្ធភាពពី { $day }
page-months = ខែ
page-paid = បានបង់
page-exempt = ធ្វើការ ឬលើកលែង
page-overdue = ហួសកំណត់
page-open = មិនទាន់ដល់កំណត់
page-not-owed = មិនត្រូវបង់
page-contested = មានជម្លោះ។ ការបកស្រាយច្បាប់ផ្សេងទៀតនឹងសម្រេចផ្សេង៖
page-lost = បានផុត
page-back = បានវិលត្រឡប់
page-payments = ការបង់ប្រាក់
page-jobs = ការងារក្នុងប្រព័ន្ធ
page-arrears = ខែហួសកំណត់
page-cover = ការធានា
page-why = អ្វីដែលបានកើតឡើង ថ្មីមុន
page-sources = ប្រភព
page-more = ជំហានចាស់ { $count } មិនត្រូវបានបង្ហាញ។
page-unreviewed = អត្ថបទភាសាខ្មែរនេះមិនទាន់មានមេធាវីពិនិត្យទេ។ អត្ថបទភាសាអង់គ្លេសជាគោល។
page-appeal = អ្នកណាយល់ថាមានអ្វីខុស អាចបង្ហាញទំព័រនេះនៅការិយាល័យណាមួយរបស់បេឡា។
