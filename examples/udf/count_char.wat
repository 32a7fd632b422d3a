;; count_char(string, character): how often the character occurs, as Nexmark's q14 needs it.
;;
;; The interface is described in docs/udf.md. A column is four words: rows, validity, values, data.
(module
  (memory (export "memory") 2)
  ;; Where free memory starts; everything below is constant.
  (global $free (mut i32) (i32.const 1024))
  (data (i32.const 16) "FUNCTION count_char(STRING, STRING) RETURNS BIGINT")

  (func (export "alpheus_abi") (result i32)
    (i32.const 1))

  ;; Length in the high half, place in the low half.
  (func (export "alpheus_describe") (result i64)
    (i64.or (i64.shl (i64.const 50) (i64.const 32)) (i64.const 16)))

  ;; Memory is handed out front to back, in pieces of 16 bytes, and forgotten by alpheus_reset.
  (func $alloc (export "alpheus_alloc") (param $size i32) (result i32)
    (local $place i32) (local $pages i32)
    (local.set $place (global.get $free))
    (global.set $free
      (i32.and (i32.add (i32.add (local.get $place) (local.get $size)) (i32.const 15)) (i32.const -16)))
    (local.set $pages
      (i32.sub
        (i32.shr_u (i32.add (global.get $free) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable))))
    (local.get $place))

  (func (export "alpheus_reset")
    (global.set $free (i32.const 1024)))

  ;; Whether row $row of the column at $column has a value.
  (func $valid (param $column i32) (param $row i32) (result i32)
    (local $bitmap i32)
    (local.set $bitmap (i32.load offset=4 (local.get $column)))
    (if (i32.eqz (local.get $bitmap)) (then (return (i32.const 1))))
    (i32.and
      (i32.shr_u
        (i32.load8_u (i32.add (local.get $bitmap) (i32.shr_u (local.get $row) (i32.const 3))))
        (i32.and (local.get $row) (i32.const 7)))
      (i32.const 1)))

  ;; Where the text of a row starts.
  (func $start (param $column i32) (param $row i32) (result i32)
    (i32.add
      (i32.load offset=12 (local.get $column))
      (i32.load
        (i32.add (i32.load offset=8 (local.get $column)) (i32.shl (local.get $row) (i32.const 2))))))

  ;; Whether $length bytes at $a and $b are the same.
  (func $same (param $a i32) (param $b i32) (param $length i32) (result i32)
    (block $different
      (loop $next
        (if (i32.eqz (local.get $length)) (then (return (i32.const 1))))
        (br_if $different (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  (func (export "count_char") (param $args i32) (param $rows i32) (param $out i32) (result i32)
    (local $column i32) (local $row i32) (local $values i32) (local $bitmap i32)
    (local $at i32) (local $end i32) (local $char i32) (local $length i32) (local $count i64)
    (local.set $column (i32.add (local.get $args) (i32.const 16)))
    (local.set $values (call $alloc (i32.shl (local.get $rows) (i32.const 3))))
    (local.set $bitmap
      (call $alloc (i32.add (i32.shr_u (local.get $rows) (i32.const 3)) (i32.const 1))))
    (memory.fill (local.get $bitmap) (i32.const 0)
      (i32.add (i32.shr_u (local.get $rows) (i32.const 3)) (i32.const 1)))
    (i32.store (local.get $out) (local.get $rows))
    (i32.store offset=4 (local.get $out) (local.get $bitmap))
    (i32.store offset=8 (local.get $out) (local.get $values))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $count (i64.const 0))
        (if (i32.and
              (call $valid (local.get $args) (local.get $row))
              (call $valid (local.get $column) (local.get $row)))
          (then
            (i32.store8
              (i32.add (local.get $bitmap) (i32.shr_u (local.get $row) (i32.const 3)))
              (i32.or
                (i32.load8_u (i32.add (local.get $bitmap) (i32.shr_u (local.get $row) (i32.const 3))))
                (i32.shl (i32.const 1) (i32.and (local.get $row) (i32.const 7)))))
            (local.set $char (call $start (local.get $column) (local.get $row)))
            (local.set $length
              (i32.sub
                (call $start (local.get $column) (i32.add (local.get $row) (i32.const 1)))
                (local.get $char)))
            (local.set $at (call $start (local.get $args) (local.get $row)))
            (local.set $end
              (i32.sub
                (call $start (local.get $args) (i32.add (local.get $row) (i32.const 1)))
                (local.get $length)))
            (if (local.get $length)
              (then
                (block $counted
                  (loop $scan
                    (br_if $counted (i32.gt_s (local.get $at) (local.get $end)))
                    (if (call $same (local.get $at) (local.get $char) (local.get $length))
                      (then
                        (local.set $count (i64.add (local.get $count) (i64.const 1)))
                        (local.set $at (i32.add (local.get $at) (local.get $length))))
                      (else (local.set $at (i32.add (local.get $at) (i32.const 1)))))
                    (br $scan)))))))
        (i64.store
          (i32.add (local.get $values) (i32.shl (local.get $row) (i32.const 3)))
          (local.get $count))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $each)))
    (i32.const 0)))
