//! Windows in batch: each row's window ends as a list, to be unnested.
//!
//! One list column serves TUMBLE, HOP and CUMULATE; a row without a time is in no window and so
//! disappears. The start follows from the end.

use std::sync::Arc;

use alpheus_dataflow::window::{WindowSpec, window_start};
use arrow::array::{
    ArrayRef, AsArray, ListBuilder, TimestampMillisecondArray, TimestampMillisecondBuilder,
};
use arrow::datatypes::{DataType, Field, TimeUnit, TimestampMillisecondType};
use datafusion::common::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr as DfExpr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

const MILLIS: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);

/// The list of the ends of the windows that `time` (TIMESTAMP(3)) is in.
pub(crate) fn window_ends(window: WindowSpec, time: DfExpr) -> DfExpr {
    call(
        WindowFunction {
            window,
            of: Part::Ends,
            signature: Signature::any(1, Volatility::Immutable),
        },
        time,
    )
}

/// The start of the window with this end.
pub(crate) fn start_of(window: WindowSpec, end: DfExpr) -> DfExpr {
    call(
        WindowFunction {
            window,
            of: Part::Start,
            signature: Signature::any(1, Volatility::Immutable),
        },
        end,
    )
}

/// The last instant of the window with this end.
pub(crate) fn max_timestamp_of(window: WindowSpec, end: DfExpr) -> DfExpr {
    call(
        WindowFunction {
            window,
            of: Part::MaxTimestamp,
            signature: Signature::any(1, Volatility::Immutable),
        },
        end,
    )
}

fn call(function: WindowFunction, arg: DfExpr) -> DfExpr {
    let function = Arc::new(ScalarUDF::new_from_impl(function));
    DfExpr::ScalarFunction(ScalarFunction::new_udf(function, vec![arg]))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Ends,
    Start,
    MaxTimestamp,
}

#[derive(Debug)]
struct WindowFunction {
    window: WindowSpec,
    of: Part,
    signature: Signature,
}

impl PartialEq for WindowFunction {
    fn eq(&self, other: &Self) -> bool {
        self.window == other.window && self.of == other.of
    }
}

impl Eq for WindowFunction {}

impl std::hash::Hash for WindowFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        format!("{:?}{:?}", self.window, self.of).hash(state);
    }
}

impl WindowFunction {
    fn start(&self, end: i64) -> i64 {
        match self.window {
            WindowSpec::Tumble { size, .. } | WindowSpec::Hop { size, .. } => end - size,
            WindowSpec::Cumulate {
                max_size, offset, ..
            } => window_start(end - 1, max_size, offset),
            WindowSpec::Session { gap } => end - gap,
        }
    }

    fn ends(&self, times: &TimestampMillisecondArray) -> ArrayRef {
        let item = Arc::new(Field::new("item", MILLIS, true));
        let mut lists = ListBuilder::new(TimestampMillisecondBuilder::new()).with_field(item);
        for time in times {
            match time {
                None => lists.append(false),
                Some(time) => {
                    self.window
                        .assign(time)
                        .iter()
                        .for_each(|window| lists.values().append_value(window.end));
                    lists.append(true);
                }
            }
        }
        Arc::new(lists.finish())
    }
}

impl ScalarUDFImpl for WindowFunction {
    fn name(&self) -> &str {
        match self.of {
            Part::Ends => "window_ends",
            Part::Start => "window_start",
            Part::MaxTimestamp => "window_time",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.of {
            Part::Ends => DataType::List(Arc::new(Field::new("item", MILLIS, true))),
            Part::Start | Part::MaxTimestamp => MILLIS,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let times = arrays[0].as_primitive::<TimestampMillisecondType>();
        Ok(ColumnarValue::Array(match self.of {
            Part::Ends => self.ends(times),
            Part::Start => {
                Arc::new(times.unary::<_, TimestampMillisecondType>(|end| self.start(end)))
            }
            Part::MaxTimestamp => {
                Arc::new(times.unary::<_, TimestampMillisecondType>(|end| end - 1))
            }
        }))
    }
}
