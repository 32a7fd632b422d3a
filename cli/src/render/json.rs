//! One object per change: `{"op":"+I","row":{"name":value,...}}`.

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::schema::RowType;
use alpheus_functions::compile::Session;

use super::cells::{write_json, write_string};

/// Appends a line per row.
pub fn write(batch: &ChangelogBatch, columns: &RowType, session: &Session, out: &mut String) {
    for row in 0..batch.num_rows() {
        out.push_str("{\"op\":\"");
        out.push_str(batch.kind(row).short_string());
        out.push_str("\",\"row\":{");
        for (i, field) in columns.fields.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            write_string(&field.name, out);
            out.push(':');
            write_json(&field.ty, batch.rows().column(i), row, session, out);
        }
        out.push_str("}}\n");
    }
}
