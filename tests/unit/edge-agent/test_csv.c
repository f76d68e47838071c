/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "csv.h"

#include "base/banned.h"

static struct csv_row row;
static struct csv_head head;
static const char *values[CSV_COLUMNS];
static struct diag d;

static void
refuse_line(const char *line, enum err wanted, const char *hint)
{
	diag_clear(&d);
	assert_int_equal(csv_split(&row, span_str(line), &d), wanted);
	if (strstr(d.text, hint) == NULL)
		fail_msg("%s", d.text);
}

static void
test_cells(void **state)
{
	(void)state;
	assert_int_equal(
	    csv_split(&row, span_str("a,\"b,\"\"c\"\"\",,"), &d), ERR_OK);
	assert_int_equal(row.count, 4);
	assert_string_equal(row.cells[0], "a");
	assert_string_equal(row.cells[1], "b,\"c\"");
	assert_string_equal(row.cells[2], "");
	assert_string_equal(row.cells[3], "");
}

static void
test_cells_are_refused(void **state)
{
	char big[INPUT_LINE_MAX + 1];

	(void)state;
	refuse_line("a,\"b", ERR_SYNTAX, "cell 2: the quote is not closed");
	refuse_line("\"a\"b", ERR_SYNTAX, "behind the closing quote");
	refuse_line("a\"b", ERR_SYNTAX, "inside an unquoted cell");
	refuse_line(",,,,,,,,,,,,,,,,", ERR_LIMIT, "more than 16 cells");
	assert_int_equal(csv_split(&row, span_of("a\0b", 3), &d), ERR_CHARSET);
	memset(big, 'x', sizeof(big));
	assert_int_equal(
	    csv_split(&row, span_of(big, sizeof(big)), &d), ERR_TOO_LARGE);
	assert_int_equal(
	    csv_split(&row, span_of(big, INPUT_LINE_MAX), &d), ERR_OK);
}

static void
test_head(void **state)
{
	(void)state;
	assert_true(csv_is_head(span_str("code")));
	assert_true(csv_is_head(span_str("\xEF\xBB\xBF\"code\",note")));
	assert_false(csv_is_head(span_str("(01)09506000134352(21)A,code2")));
	assert_false(csv_is_head(span_str("\"code")));
	assert_int_equal(
	    csv_head_read(&head, span_str("readPoint,code"), &d), ERR_OK);
	assert_int_equal(head.count, 2);
	assert_int_equal(head.at[CSV_CODE], 1);
	assert_int_equal(head.at[CSV_READ_POINT], 0);
	assert_int_equal(head.at[CSV_EVENT_TIME], -1);
}

static void
refuse_head(const char *line, enum err wanted, const char *hint)
{
	diag_clear(&d);
	assert_int_equal(csv_head_read(&head, span_str(line), &d), wanted);
	if (strstr(d.text, hint) == NULL)
		fail_msg("%s", d.text);
}

static void
test_head_is_refused(void **state)
{
	(void)state;
	refuse_head("code,colour", ERR_SCHEMA, "column colour is unknown");
	refuse_head("code,code", ERR_SCHEMA, "column code stands twice");
	refuse_head("readPoint", ERR_SCHEMA, "column code is missing");
	refuse_head("code,\"", ERR_SYNTAX, "not closed");
}

static void
test_rows(void **state)
{
	static const char *const names = "code,eventTime,readPoint,bizLocation";

	(void)state;
	assert_int_equal(csv_head_read(&head, span_str(names), &d), ERR_OK);
	assert_int_equal(
	    csv_read(&row, values, &head, span_str("A,T,,L"), &d), ERR_OK);
	assert_string_equal(values[CSV_CODE], "A");
	assert_string_equal(values[CSV_EVENT_TIME], "T");
	assert_null(values[CSV_READ_POINT]);
	assert_string_equal(values[CSV_BIZ_LOCATION], "L");
	assert_int_equal(
	    csv_read(&row, values, &head, span_str("A,T"), &d), ERR_LENGTH);
	assert_int_equal(
	    csv_read(&row, values, &head, span_str(",T,,L"), &d), ERR_SYNTAX);
	assert_int_equal(
	    csv_read(&row, values, &head, span_str("\"A"), &d), ERR_SYNTAX);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_cells_are_refused),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_head_is_refused),
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
