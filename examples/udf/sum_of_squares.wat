;; sum_of_squares(DOUBLE): an aggregate whose state is one DOUBLE, with retraction.
(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 1024))
  (data (i32.const 16) "AGGREGATE sum_of_squares(DOUBLE) RETURNS DOUBLE")

  (func (export "alpheus_abi") (result i32)
    (i32.const 1))
  (func (export "alpheus_describe") (result i64)
    (i64.or (i64.shl (i64.const 47) (i64.const 32)) (i64.const 16)))
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

  (func $valid (param $column i32) (param $row i32) (result i32)
    (local $bitmap i32)
    (local.set $bitmap (i32.load offset=4 (local.get $column)))
    (if (i32.eqz (local.get $bitmap)) (then (return (i32.const 1))))
    (i32.and
      (i32.shr_u
        (i32.load8_u (i32.add (local.get $bitmap) (i32.shr_u (local.get $row) (i32.const 3))))
        (i32.and (local.get $row) (i32.const 7)))
      (i32.const 1)))

  ;; The DOUBLE in a row of a column of states (BYTES); 0 for NULL, a group without rows.
  (func $state (param $column i32) (param $row i32) (result f64)
    (if (i32.eqz (call $valid (local.get $column) (local.get $row)))
      (then (return (f64.const 0))))
    (f64.load
      (i32.add
        (i32.load offset=12 (local.get $column))
        (i32.load
          (i32.add (i32.load offset=8 (local.get $column)) (i32.shl (local.get $row) (i32.const 2)))))))

  ;; Answers $count DOUBLEs at $values as a column of BYTES.
  (func $answer (param $out i32) (param $values i32) (param $count i32)
    (local $offsets i32) (local $row i32)
    (local.set $offsets
      (call $alloc (i32.shl (i32.add (local.get $count) (i32.const 1)) (i32.const 2))))
    (block $done
      (loop $each
        (br_if $done (i32.gt_u (local.get $row) (local.get $count)))
        (i32.store
          (i32.add (local.get $offsets) (i32.shl (local.get $row) (i32.const 2)))
          (i32.shl (local.get $row) (i32.const 3)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $each)))
    (i32.store (local.get $out) (local.get $count))
    (i32.store offset=4 (local.get $out) (i32.const 0))
    (i32.store offset=8 (local.get $out) (local.get $offsets))
    (i32.store offset=12 (local.get $out) (local.get $values)))

  ;; Copies the states of a column into fresh memory.
  (func $copy (param $column i32) (result i32)
    (local $values i32) (local $row i32) (local $count i32)
    (local.set $count (i32.load (local.get $column)))
    (local.set $values (call $alloc (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $row) (local.get $count)))
        (f64.store
          (i32.add (local.get $values) (i32.shl (local.get $row) (i32.const 3)))
          (call $state (local.get $column) (local.get $row)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $each)))
    (local.get $values))

  ;; Adds $sign times the square of each row's value to the state of its group.
  (func $change (param $args i32) (param $rows i32) (param $out i32) (param $sign f64) (result i32)
    (local $states i32) (local $values i32) (local $row i32) (local $place i32) (local $x f64)
    (local.set $states (i32.add (local.get $args) (i32.const 32)))
    (local.set $values (call $copy (local.get $states)))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (if (call $valid (local.get $args) (local.get $row))
          (then
            (local.set $place
              (i32.add
                (local.get $values)
                (i32.shl
                  (i32.load
                    (i32.add
                      (i32.load offset=24 (local.get $args))
                      (i32.shl (local.get $row) (i32.const 2))))
                  (i32.const 3))))
            (local.set $x
              (f64.load
                (i32.add
                  (i32.load offset=8 (local.get $args))
                  (i32.shl (local.get $row) (i32.const 3)))))
            (f64.store (local.get $place)
              (f64.add
                (f64.load (local.get $place))
                (f64.mul (local.get $sign) (f64.mul (local.get $x) (local.get $x)))))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $each)))
    (call $answer (local.get $out) (local.get $values) (i32.load (local.get $states)))
    (i32.const 0))

  (func (export "sum_of_squares_accumulate") (param $args i32) (param $rows i32) (param $out i32) (result i32)
    (call $change (local.get $args) (local.get $rows) (local.get $out) (f64.const 1)))
  (func (export "sum_of_squares_retract") (param $args i32) (param $rows i32) (param $out i32) (result i32)
    (call $change (local.get $args) (local.get $rows) (local.get $out) (f64.const -1)))

  ;; Arguments: states that come in, the group of each, the states of the groups.
  (func (export "sum_of_squares_merge") (param $args i32) (param $rows i32) (param $out i32) (result i32)
    (local $states i32) (local $values i32) (local $row i32) (local $place i32)
    (local.set $states (i32.add (local.get $args) (i32.const 32)))
    (local.set $values (call $copy (local.get $states)))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $place
          (i32.add
            (local.get $values)
            (i32.shl
              (i32.load
                (i32.add
                  (i32.load offset=24 (local.get $args))
                  (i32.shl (local.get $row) (i32.const 2))))
              (i32.const 3))))
        (f64.store (local.get $place)
          (f64.add (f64.load (local.get $place)) (call $state (local.get $args) (local.get $row))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $each)))
    (call $answer (local.get $out) (local.get $values) (i32.load (local.get $states)))
    (i32.const 0))

  ;; The state is the result; a group without rows has 0.
  (func (export "sum_of_squares_evaluate") (param $args i32) (param $rows i32) (param $out i32) (result i32)
    (i32.store (local.get $out) (local.get $rows))
    (i32.store offset=4 (local.get $out) (i32.const 0))
    (i32.store offset=8 (local.get $out) (call $copy (local.get $args)))
    (i32.const 0)))
