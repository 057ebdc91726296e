/** Plugins: what one is, who hosts what is in it, and how one is installed, updated and removed. */
@Export
@Version("0.2.0")
package io.millrace.api.plugin;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
