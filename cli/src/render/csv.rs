//! A header, then a line per change, quoted as RFC 4180 says; the first column is the kind of change.

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::schema::RowType;
use alpheus_functions::compile::Session;

use super::cells::write_plain;

/// The header line.
pub fn header(columns: &RowType, out: &mut String) {
    out.push_str("op");
    for field in &columns.fields {
        out.push(',');
        write_field(&field.name, out);
    }
    out.push('\n');
}

/// Appends a line per row. NULL is an empty field, an empty text is `""`.
pub fn write(batch: &ChangelogBatch, columns: &RowType, session: &Session, out: &mut String) {
    let mut cell = String::new();
    for row in 0..batch.num_rows() {
        out.push_str(batch.kind(row).short_string());
        for (i, field) in columns.fields.iter().enumerate() {
            out.push(',');
            let column = batch.rows().column(i);
            if arrow::array::Array::is_null(column, row) {
                continue;
            }
            cell.clear();
            write_plain(&field.ty, column, row, session, &mut cell);
            write_field(&cell, out);
        }
        out.push('\n');
    }
}

/// Appends a field, in quotes when it needs them.
pub fn write_field(text: &str, out: &mut String) {
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}
