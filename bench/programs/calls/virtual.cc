// Virtual calls: 64 objects of four classes in a mixed order, N million calls.
#include "../bench.h"
struct Shape {
  long size;
  explicit Shape(long n) : size(n) {}
  virtual ~Shape() = default;
  virtual long area() const = 0;
};
struct Square : Shape {
  using Shape::Shape;
  long area() const override { return size * size; }
};
struct Strip : Shape {
  using Shape::Shape;
  long area() const override { return size * 3; }
};
struct Triangle : Shape {
  using Shape::Shape;
  long area() const override { return size * size / 2; }
};
struct Point final : Shape {
  using Shape::Shape;
  long area() const override { return 0; }
};
int main(int argc, char **argv) {
  long n = bench_size(argc, argv) * 1000000, sum = 0;
  Shape *shapes[64];
  unsigned long random = 88172645463325252UL;
  for (int i = 0; i < 64; i++) {
    switch (bench_random(&random) >> 62) {
      case 0: shapes[i] = new Square(i); break;
      case 1: shapes[i] = new Strip(i); break;
      case 2: shapes[i] = new Triangle(i); break;
      default: shapes[i] = new Point(i);
    }
  }
  for (long i = 0; i < n; i++) sum += shapes[i & 63]->area();
  bench_report(n);
  printf("%ld\n", sum);
  for (Shape *shape : shapes) delete shape;
}
