// Standard output as the end of an export or a query.

#pragma once

#include <string_view>

#include "cli/context.h"
#include "ops/export_writer.h"

namespace benchkeep::cli {

class StdoutSink final : public ops::ByteSink {
 public:
  explicit StdoutSink(Context& context) : context_(&context) {}
  Status Write(std::string_view bytes) override {
    return context_->Write(bytes);
  }

 private:
  Context* context_;
};

}  // namespace benchkeep::cli
