/** What a part of the platform says of its own health. */
@Export
@Version("0.1.0")
package io.millrace.api.health;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
