/** What a bundle measures, and how the platform reads it. */
@Export
@Version("0.1.0")
package io.millrace.api.metrics;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
