//! A scalar and an aggregate function for Alpheus in Rust: `initials(STRING) RETURNS STRING` and
//! `longest(STRING) RETURNS STRING`.
//!
//! ```text
//! rustup target add wasm32-unknown-unknown
//! rustc --edition 2024 --target wasm32-unknown-unknown --crate-type cdylib -O -C strip=symbols -C panic=abort \
//!   -o template.wasm template.rs
//! ```
//!
//! The upper half is what the functions do; the lower half, which need not change, is the interface that docs/udf.md
//! describes.

const DECLARATION: &str = "FUNCTION initials(STRING) RETURNS STRING\nAGGREGATE longest(STRING) RETURNS STRING";

/// The first letter of each word.
#[unsafe(no_mangle)]
extern "C" fn initials(args: *const RawColumn, rows: u32, out: *mut RawColumn) -> i32 {
    let texts = unsafe { Column::argument(args, 0) };
    let mut answer = Answer::default();
    for row in 0..rows as usize {
        let text = texts.bytes(row).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let initials = text.map(|text| {
            let words = text.split_whitespace().filter_map(|word| word.chars().next());
            words.collect::<String>()
        });
        answer.push(initials.as_deref().map(str::as_bytes));
    }
    answer.write(out)
}

/// The state of a group is its longest text so far; of texts of one length the first counts.
#[unsafe(no_mangle)]
extern "C" fn longest_accumulate(args: *const RawColumn, rows: u32, out: *mut RawColumn) -> i32 {
    let (values, groups, states) =
        unsafe { (Column::argument(args, 0), Column::argument(args, 1), Column::argument(args, 2)) };
    let mut longest: Vec<Option<&[u8]>> = (0..states.rows()).map(|group| states.bytes(group)).collect();
    for row in 0..rows as usize {
        let state = &mut longest[groups.int(row) as usize];
        if let Some(value) = values.bytes(row)
            && state.is_none_or(|state| value.len() > state.len())
        {
            *state = Some(value);
        }
    }
    let mut answer = Answer::default();
    longest.into_iter().for_each(|state| answer.push(state));
    answer.write(out)
}

/// A state is a value: merging is accumulating.
#[unsafe(no_mangle)]
extern "C" fn longest_merge(args: *const RawColumn, rows: u32, out: *mut RawColumn) -> i32 {
    longest_accumulate(args, rows, out)
}

#[unsafe(no_mangle)]
extern "C" fn longest_evaluate(args: *const RawColumn, rows: u32, out: *mut RawColumn) -> i32 {
    let states = unsafe { Column::argument(args, 0) };
    let mut answer = Answer::default();
    (0..rows as usize).for_each(|group| answer.push(states.bytes(group)));
    answer.write(out)
}

/// A column as it lies in memory.
#[repr(C)]
pub struct RawColumn {
    rows: u32,
    validity: u32,
    values: u32,
    data: u32,
}

/// A column of an argument.
struct Column<'a>(&'a RawColumn);

impl<'a> Column<'a> {
    /// # Safety
    /// `args` must be what the engine has passed, with more than `index` columns.
    unsafe fn argument(args: *const RawColumn, index: usize) -> Column<'a> {
        Column(unsafe { &*args.add(index) })
    }

    fn rows(&self) -> usize {
        self.0.rows as usize
    }

    fn is_valid(&self, row: usize) -> bool {
        let bitmap = self.0.validity as usize as *const u8;
        // The bitmap has a bit for each row.
        self.0.validity == 0 || unsafe { *bitmap.add(row / 8) } >> (row % 8) & 1 == 1
    }

    /// A value of INT; its place in the column must be a row's.
    fn int(&self, row: usize) -> i32 {
        let values = self.0.values as usize as *const i32;
        unsafe { *values.add(row) }
    }

    /// A value of STRING or BYTES, `None` for NULL.
    fn bytes(&self, row: usize) -> Option<&'a [u8]> {
        let (start, end) = (self.int(row) as usize, self.int(row + 1) as usize);
        let data = self.0.data as usize as *const u8;
        // The engine's offsets lie within its data.
        self.is_valid(row)
            .then(|| unsafe { std::slice::from_raw_parts(data.add(start), end - start) })
    }
}

/// An answer of STRING or BYTES.
#[derive(Default)]
struct Answer {
    validity: Vec<u8>,
    offsets: Vec<u32>,
    data: Vec<u8>,
}

impl Answer {
    fn push(&mut self, value: Option<&[u8]>) {
        let row = self.offsets.len();
        self.offsets.push(self.data.len() as u32);
        self.validity.resize(row / 8 + 1, 0);
        if let Some(value) = value {
            self.validity[row / 8] |= 1 << (row % 8);
            self.data.extend_from_slice(value);
        }
    }

    /// Puts the answer where the engine wants it; [`alpheus_reset`] frees it.
    fn write(mut self, out: *mut RawColumn) -> i32 {
        let rows = self.offsets.len() as u32;
        self.offsets.push(self.data.len() as u32);
        let offsets = self.offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
        let column = RawColumn {
            rows,
            validity: keep(self.validity),
            values: keep(offsets),
            data: keep(self.data),
        };
        unsafe { *out = column };
        0
    }
}

/// What was allocated for the call that is running; a module has one thread.
static mut KEPT: Vec<Vec<u128>> = Vec::new();

fn keep(bytes: Vec<u8>) -> u32 {
    let place = alpheus_alloc(bytes.len() as u32);
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place as usize as *mut u8, bytes.len()) };
    place
}

#[unsafe(no_mangle)]
extern "C" fn alpheus_alloc(size: u32) -> u32 {
    let memory = vec![0u128; size as usize / 16 + 1];
    let place = memory.as_ptr() as usize as u32;
    unsafe { (*(&raw mut KEPT)).push(memory) };
    place
}

#[unsafe(no_mangle)]
extern "C" fn alpheus_reset() {
    unsafe { (*(&raw mut KEPT)).clear() };
}

#[unsafe(no_mangle)]
extern "C" fn alpheus_abi() -> i32 {
    1
}

#[unsafe(no_mangle)]
extern "C" fn alpheus_describe() -> i64 {
    (DECLARATION.len() as i64) << 32 | DECLARATION.as_ptr() as usize as i64
}
