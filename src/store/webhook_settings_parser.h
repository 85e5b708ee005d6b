// Reading the tables [webhook.NAME] of benchkeep.toml.

#pragma once

#include "store/job_settings_parser.h"

namespace benchkeep::store {

// Reads the tables below [webhook] into `loaded` and complains about mistakes,
// never with an address in the words.
void ReadWebhooks(const toml::table& webhooks, LoadedSettings& loaded,
                  const Complaint& complain);

}  // namespace benchkeep::store
