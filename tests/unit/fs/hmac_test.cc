// HMAC-SHA256 against the vectors of RFC 4231.

#include "fs/hmac.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace benchkeep::fs {
namespace {

TEST(HmacSha256, GivesTheVectorsOfRfc4231) {
  EXPECT_EQ(Base64(HmacSha256("Jefe", "what do ya want for nothing?")),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
  EXPECT_EQ(Base64(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c=");
}

}  // namespace
}  // namespace benchkeep::fs
