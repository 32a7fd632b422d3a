//! Limits for one input: an allocator that counts what is held, so that an input of a few bytes that
//! makes a decoder believe in gigabytes is a finding and not the end of the machine.
//!
//! The hook is called once, by the allocation that crosses the limit; it reports the input and ends the
//! process, because an allocation cannot be refused without ending it anyway.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The most bytes that an input of at most [`crate::mutate::LONGEST`] bytes may make the process hold.
pub const MEMORY: usize = 512 << 20;

static HELD: AtomicUsize = AtomicUsize::new(0);
static OVER: AtomicBool = AtomicBool::new(false);
static HOOK: OnceLock<fn(usize)> = OnceLock::new();

/// Sets what happens when the limit is crossed.
pub fn on_too_much_memory(hook: fn(usize)) {
    // A second call is the same hook: nothing to do.
    let _ = HOOK.set(hook);
}

/// The system's allocator, counting.
#[derive(Debug)]
pub struct Counting;

fn grow(bytes: usize) {
    let held = HELD
        .fetch_add(bytes, Ordering::Relaxed)
        .saturating_add(bytes);
    if held > MEMORY
        && let Some(hook) = HOOK.get()
        && !OVER.swap(true, Ordering::Relaxed)
    {
        hook(held);
    }
}

// SAFETY: every call goes to the system's allocator with the caller's own arguments, whose requirements are
// the same; counting touches atomics only, and the hook runs once, when allocating in it no longer calls it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        grow(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
