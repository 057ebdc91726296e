/** The node's configuration, as the launcher resolved it. */
@Export
@Version("0.1.0")
package io.millrace.api.config;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
