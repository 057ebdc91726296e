/** Resources a bundle serves over the platform's HTTP listener. */
@Export
@Version("0.1.0")
package io.millrace.api.http;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
