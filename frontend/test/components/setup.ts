import { configure } from "@testing-library/react";

// How long findBy… and waitFor look before they give up, on a machine that is busy building images.
configure({ asyncUtilTimeout: 10_000 });
