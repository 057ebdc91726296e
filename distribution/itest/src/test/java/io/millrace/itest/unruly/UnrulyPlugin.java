package io.millrace.itest.unruly;

import java.util.List;

/** What the unruly plugin's jar is made of. */
public final class UnrulyPlugin {

    private UnrulyPlugin() {}

    public static Class<?>[] classes() {
        return new Class<?>[] {Mischief.class, UnrulySource.class, UnrulySink.class, UnrulyBeginnings.class};
    }

    public static List<Class<?>> sources() {
        return List.of(UnrulySource.class, UnrulyBeginnings.StaticExit.class, UnrulyBeginnings.StaticBlock.class, UnrulyBeginnings.ConstructorStack.class,
                UnrulyBeginnings.VersionBlock.class, UnrulyBeginnings.ConfigSpin.class, UnrulyBeginnings.ConfigMemory.class);
    }
}
