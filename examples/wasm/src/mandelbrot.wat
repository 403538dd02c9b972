;; The Mandelbrot set as text: one byte of ASCII for each point, a line break after each row.
;; Rebuild with: wat2wasm src/mandelbrot.wat -o src/mandelbrot.wasm
(module
  (memory (export "memory") 1)

  ;; What stands for a point, from those that escape at once to those that stay.
  (data (i32.const 0) " .,:;ox%#@")

  ;; The text begins here.
  (global $text (export "text") i32 (i32.const 16))

  ;; steps says how many steps of z = z*z + c it takes until |z| > 2, limit being the most.
  (func $steps (param $re f64) (param $im f64) (param $limit i32) (result i32)
    (local $x f64) (local $y f64) (local $next f64) (local $n i32)
    (loop $again
      (local.set $next
        (f64.add
          (f64.sub (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y)))
          (local.get $re)))
      (local.set $y
        (f64.add
          (f64.mul (f64.const 2) (f64.mul (local.get $x) (local.get $y)))
          (local.get $im)))
      (local.set $x (local.get $next))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again
        (i32.and
          (i32.lt_u (local.get $n) (local.get $limit))
          (f64.le
            (f64.add (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y)))
            (f64.const 4)))))
    (local.get $n))

  ;; draw writes width x height points around re + im*i, zoom times enlarged, and returns how
  ;; many bytes that takes. They must fit in the memory.
  (func (export "draw")
    (param $width i32) (param $height i32) (param $re f64) (param $im f64) (param $zoom f64) (param $limit i32)
    (result i32)
    (local $row i32) (local $column i32) (local $at i32) (local $size f64)
    (local.set $at (global.get $text))
    (local.set $size (f64.div (f64.const 3) (f64.mul (local.get $zoom) (f64.convert_i32_u (local.get $width)))))
    (loop $rows
      (local.set $column (i32.const 0))
      (loop $columns
        (i32.store8
          (local.get $at)
          (i32.load8_u
            (i32.div_u
              (i32.mul
                (call $steps
                  (f64.add
                    (local.get $re)
                    (f64.mul
                      (local.get $size)
                      (f64.sub
                        (f64.convert_i32_u (local.get $column))
                        (f64.mul (f64.convert_i32_u (local.get $width)) (f64.const 0.5)))))
                  (f64.add
                    (local.get $im)
                    (f64.mul
                      (f64.mul (local.get $size) (f64.const 2)) ;; a letter is twice as high as wide
                      (f64.sub
                        (f64.convert_i32_u (local.get $row))
                        (f64.mul (f64.convert_i32_u (local.get $height)) (f64.const 0.5)))))
                  (local.get $limit))
                (i32.const 9))
              (local.get $limit))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (br_if $columns (i32.lt_u (local.get $column) (local.get $width))))
      (i32.store8 (local.get $at) (i32.const 10))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $row) (local.get $height))))
    (i32.sub (local.get $at) (global.get $text))))
