// benchkeep ingest: append results safely, from any program.

#include <array>
#include <cerrno>
#include <cstdio>

#include "cli/commands.h"
#include "ops/ingest.h"
#include "render/ingest.h"

namespace benchkeep::cli {
namespace {

constexpr std::uint64_t kDefaultMaxBytes = std::uint64_t{256} << 20;

Error TooLarge(std::uint64_t most) {
  return Fail(Code::kInvalidArgument,
              Say(N_("the input is larger than {0} bytes"), most),
              Say(N_("send it in parts, or allow more with --max-bytes")))
      .value();
}

// All of stdin; nothing is taken in before its end has come.
Result<std::string> ReadInput(std::uint64_t most) {
  std::string text;
  std::array<char, 65'536> block{};
  while (true) {
    const std::size_t got = std::fread(block.data(), 1, block.size(), stdin);
    text.append(block.data(), got);
    if (text.size() > most) return tl::make_unexpected(TooLarge(most));
    if (got == block.size()) continue;
    if (std::ferror(stdin) != 0) {
      return FailSys(errno, N_("reading {0}: {1}"), "stdin");
    }
    return text;
  }
}

class IngestAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("file", N_("the rows; '-' or nothing is stdin"), &file_);
    flags.Choice("format", N_("otherwise by the first bytes"),
                 {"auto", "jsonl", "csv", "parquet"}, &format_);
    flags
        .Text("idempotency-key",
              N_("sent again with this key, the same rows change nothing"),
              &key_)
        .Value("KEY");
    flags.Bool("skip-bad", N_("take the good rows and leave the others"),
               &skip_bad_);
    flags.Size("max-bytes", N_("refuse more than this"), &max_bytes_);
  }

  ExitCode Run(Context& context) override {
    Result<std::string> input =
        file_.empty() || file_ == "-"
            ? ReadInput(max_bytes_)
            : fs::ReadFile(context.file_system(), file_, max_bytes_);
    if (!input.ok()) return context.Fail(input.error());
    ops::IngestOptions options;
    options.input = std::move(*input);
    options.format = format_ == "jsonl" ? ops::IngestFormat::kJsonLines
                     : format_ == "csv" ? ops::IngestFormat::kCsv
                     : format_ == "parquet"
                         ? ops::IngestFormat::kParquet
                         : ops::GuessIngestFormat(options.input);
    options.idempotency_key = key_;
    options.skip_bad = skip_bad_;
    options.dry_run = context.dry_run();
    options.memory_bytes = context.memory_bytes();
    if (!context.dry_run()) {
      // What is staged must lie on the file system of the store.
      const Status opened = context.OpenStore(Context::Trace::kMay);
      if (!opened.ok()) return context.Fail(opened.error());
    }
    const Result<ops::IngestReport> report =
        ops::Ingest(context.store(), options);
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::IngestDocument(*report, context.face()));
  }

 private:
  std::string file_;
  std::string format_ = "auto";
  std::string key_;
  bool skip_bad_ = false;
  std::uint64_t max_bytes_ = kDefaultMaxBytes;
};

}  // namespace

const Command kIngestCommand = {
    .name = "ingest",
    .group = Group::kTidy,
    .summary = N_("append results safely, from any program"),
    .help = N_(
        "Reads JSON lines, CSV or Parquet from a file or stdin and makes an "
        "increment of it, whole or not at all. When it exits with 0 the rows "
        "are on the disk: they outlast a power cut. No lock is taken, so any "
        "number of programs may do it at once; the next `consolidate` merges "
        "the rows.\n\n"
        "Rows that cannot be kept are named with line, column and reason, and "
        "then none is taken, unless --skip-bad is given. Rows of the same key "
        "count once, however often they are sent; with --idempotency-key a "
        "repeated call changes nothing at all."),
    .examples = {{"my-benchmark --jsonl | benchkeep -C /data/campaign ingest",
                  N_("From a program:")},
                 {"benchkeep ingest results.csv --dry-run",
                  N_("Only look whether it could be taken:")},
                 {"benchkeep ingest run-7.jsonl --idempotency-key run-7",
                  N_("Safe to repeat:")}},
    .needs = Needs::kStore,
    .action = MakeAction<IngestAction>,
};

}  // namespace benchkeep::cli
