// The three standard streams.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace benchkeep::cli {

class Terminal {
 public:
  virtual ~Terminal() = default;

  // stdout; buffered until Flush().
  virtual Status Write(std::string_view bytes) = 0;
  virtual Status Flush() = 0;

  // stderr, at once; what cannot be written is lost.
  virtual void WriteError(std::string_view text) = 0;

  // A line of stdin without its newline, which the last one may lack.  nullopt
  // at the end, or as soon as `interrupted` says so.
  virtual std::optional<std::string> ReadLine(
      const std::function<bool()>& interrupted) = 0;

  [[nodiscard]] virtual bool InputIsTerminal() const = 0;
  [[nodiscard]] virtual bool OutputIsTerminal() const = 0;
  [[nodiscard]] virtual bool ErrorIsTerminal() const = 0;

  // Columns of the terminal; 80 when there is none.
  [[nodiscard]] virtual std::size_t Columns() const = 0;
};

class PosixTerminal final : public Terminal {
 public:
  Status Write(std::string_view bytes) override;
  Status Flush() override;
  void WriteError(std::string_view text) override;
  std::optional<std::string> ReadLine(
      const std::function<bool()>& interrupted) override;
  [[nodiscard]] bool InputIsTerminal() const override;
  [[nodiscard]] bool OutputIsTerminal() const override;
  [[nodiscard]] bool ErrorIsTerminal() const override;
  [[nodiscard]] std::size_t Columns() const override;

 private:
  std::string buffer_;
};

// Makes Ctrl-C and SIGTERM set the flag below instead of killing; the second
// signal kills (a crash is safe, too).  A closed pipe becomes a write error.
void CatchSignals();
[[nodiscard]] bool Interrupted();
// For a program that goes on after Ctrl-C: the next one counts anew.  False
// after SIGTERM, which stays.
bool ForgetInterrupt();

}  // namespace benchkeep::cli
