"""FHIR R4 bundles: reading within limits, typed resources, and translation into Wardline's own words.

`reading` turns a path into bytes, `bundle` turns bytes into typed resources or says which line is wrong,
`mapping` turns resources into `models` (pure), and the loader hands those to the slices that own them.
"""
