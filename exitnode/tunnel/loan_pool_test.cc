#include "exitnode/tunnel/loan_pool.h"

#include <optional>
#include <utility>

#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

// Counts how many live.
struct Thing {
  explicit Thing(int& alive) : alive_(alive) { ++alive_; }
  ~Thing() { --alive_; }
  Thing(const Thing&) = delete;
  Thing& operator=(const Thing&) = delete;

 private:
  int& alive_;
};

class LoanPoolTest : public testing::Test {
 protected:
  int alive_ = 0;
  int made_ = 0;
  LoanPool<Thing> pool_{3, 1, [this] {
                          ++made_;
                          return std::make_unique<Thing>(alive_);
                        }};
};

TEST_F(LoanPoolTest, LendsNoMoreThanItMay) {
  auto a = pool_.Borrow(), b = pool_.Borrow(), c = pool_.Borrow();
  EXPECT_TRUE(a && b && c);
  EXPECT_FALSE(pool_.Borrow());
  b.Return();
  EXPECT_FALSE(b);
  EXPECT_TRUE(pool_.Borrow());
  EXPECT_EQ(pool_.out(), 2u);
}

TEST_F(LoanPoolTest, KeepsOnlySomeOfWhatComesBack) {
  {
    const auto a = pool_.Borrow(), b = pool_.Borrow();
    EXPECT_EQ(alive_, 2);
  }
  EXPECT_EQ(alive_, 1);
  EXPECT_EQ(pool_.out(), 0u);
  EXPECT_TRUE(pool_.Borrow());
  EXPECT_EQ(made_, 2) << "the one that was kept is lent again";
}

TEST_F(LoanPoolTest, DoesNotLendAgainWhatIsSpoilt) {
  auto loan = pool_.Borrow();
  loan.Spoil();
  loan.Return();
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(pool_.out(), 0u);
}

TEST_F(LoanPoolTest, ALoanThatMovesComesBackOnce) {
  auto loan = pool_.Borrow();
  auto moved = std::move(loan);
  EXPECT_EQ(pool_.out(), 1u);
  loan = std::move(moved);
  EXPECT_TRUE(loan);
  loan = pool_.Borrow();  // the first one comes back
  EXPECT_EQ(pool_.out(), 1u);
}

TEST(EmptyLoanPoolTest, LendsNothingWhereNothingCanBeMade) {
  LoanPool<int> pool(1, 1, [] { return nullptr; });
  EXPECT_FALSE(pool.Borrow());
  EXPECT_EQ(pool.out(), 0u);
}

}  // namespace
}  // namespace lifeboat::exitnode
