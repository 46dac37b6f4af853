#ifndef LIFEBOAT_EXITNODE_TUNNEL_LOAN_POOL_H_
#define LIFEBOAT_EXITNODE_TUNNEL_LOAN_POOL_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace lifeboat::exitnode {

// Lends things that are dear to make, and keeps some of what comes back. What is out at once is
// bounded, so that strangers cannot make it cost more. On one thread; outlives its loans.
template <typename Thing>
class LoanPool {
 public:
  // At most `most` are out at once; `kept` of them stay here. `make` may return null.
  LoanPool(size_t most, size_t kept, std::function<std::unique_ptr<Thing>()> make)
      : most_(most), kept_(kept), make_(std::move(make)) {}

  // Brings the thing back with its own end, or ends it where that was asked for.
  class Loan {
   public:
    Loan() = default;
    Loan(LoanPool* pool, std::unique_ptr<Thing> thing) : pool_(pool), thing_(std::move(thing)) {}
    Loan(Loan&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), thing_(std::move(other.thing_)) {}
    Loan& operator=(Loan&& other) noexcept {
      Return();
      pool_ = std::exchange(other.pool_, nullptr);
      thing_ = std::move(other.thing_);
      return *this;
    }
    ~Loan() { Return(); }

    explicit operator bool() const { return thing_ != nullptr; }
    Thing& operator*() const { return *thing_; }
    Thing* operator->() const { return thing_.get(); }
    // It is not fit to be lent again.
    void Spoil() { spoilt_ = true; }
    void Return() {
      if (pool_ != nullptr) pool_->TakeBack(spoilt_ ? nullptr : std::move(thing_));
      pool_ = nullptr;
      thing_ = nullptr;
    }

   private:
    LoanPool* pool_ = nullptr;
    std::unique_ptr<Thing> thing_;
    bool spoilt_ = false;
  };

  // Empty where none is to be had.
  Loan Borrow() {
    if (out_ >= most_) return {};
    std::unique_ptr<Thing> thing;
    if (resting_.empty()) {
      thing = make_();
    } else {
      thing = std::move(resting_.back());
      resting_.pop_back();
    }
    if (thing == nullptr) return {};
    ++out_;
    return Loan(this, std::move(thing));
  }

  size_t out() const { return out_; }

 private:
  void TakeBack(std::unique_ptr<Thing> thing) {
    --out_;
    if (thing != nullptr && resting_.size() < kept_) resting_.push_back(std::move(thing));
  }

  const size_t most_, kept_;
  const std::function<std::unique_ptr<Thing>()> make_;
  size_t out_ = 0;
  std::vector<std::unique_ptr<Thing>> resting_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_LOAN_POOL_H_
