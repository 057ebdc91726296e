/** What the broker tells the rest of the platform. */
@Export
@Version("0.1.0")
package io.millrace.api.broker;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
